/** @jsxImportSource #markup */

/** How passphrase and certificate are changed while agents go on. */
export const rotationPart = () => (
  <section class="section" id="rotation">
    <h2>Changing passphrase and certificate</h2>
    <p>
      The report <a href="/reports/agents">Agents</a> and <code>monitor host agents --behind</code> say which
      agents have another version than the server, still say the previous passphrase, or do not know the
      certificate that they should.
    </p>
    <ol>
      <li>
        The passphrase: put the old one into <code>collect.passphrase_previous</code> and a new one into{' '}
        <code>collect.passphrase</code>, then <code>monitor service reload server</code>. Both are good. Give
        the agents the new one; when none says the previous one any more, take it out and reload again.
      </li>
      <li>
        The certificate that the server made itself: <code>monitor certificate new</code> makes the next one
        and prints both fingerprints for <code>agent.fingerprint</code>. When every agent knows the next one,{' '}
        <code>monitor certificate switch</code> and <code>monitor service reload server</code>.
      </li>
      <li>The program: run the install script again on each machine; configuration, data and flags stay.</li>
    </ol>
    <p>Agents that joined by a code prove themselves by a key of their own and say no passphrase.</p>
  </section>
)
