/** @jsxImportSource #markup */

/** The steps before and after the loss of the server. */
export const backupPart = () => (
  <section class="section" id="backup">
    <h2>Backup and restore</h2>
    <p>
      <code>monitor backup FILE.tar</code> takes all that a server is while it runs: the database (SQLite),
      the certificate by which agents know it, the passphrase and the other secrets, the configuration and the
      files that it names. With <code>--encrypt</code> it is sealed under a passphrase. Keep it on another
      machine. <code>monitor db backup</code> takes the database alone. A database on MariaDB or MySQL is not
      in the backup: back it up by the means of its server.
    </p>
    <p>When the server is lost, on a new machine:</p>
    <ol>
      <li>
        Install the server, at least of the same version: <code>sudo sh install.sh server</code>
      </li>
      <li>
        Stop it: <code>sudo monitor service stop server</code>
      </li>
      <li>
        Bring everything back: <code>sudo monitor restore FILE.tar</code>. Every byte is verified before
        anything is changed, and what was there is kept beside it.
      </li>
      <li>
        Start it: <code>sudo monitor service start server</code>, and see how it does:{' '}
        <code>monitor health</code>
      </li>
      <li>
        Give the machine the old name or address. The agents come back by themselves and send what they kept
        meanwhile.
      </li>
    </ol>
    <p>Rehearse it once, on a machine that has no agents.</p>
  </section>
)
