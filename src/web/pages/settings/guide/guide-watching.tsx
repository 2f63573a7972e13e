/** @jsxImportSource #markup */
import type { Html } from '../../../ui/markup/html.ts'

/** A configuration that a test reads as an agent does. */
export const CHECK_EXAMPLE = `[[agent.check]]
name = "shop"
kind = "http"
target = "https://shop.example.org/health"
expect_status = "200-299"
expect_text = "ok"

[[agent.check]]
name = "mail-queue"
kind = "script"
command = ["/usr/lib/nagios/plugins/check_mailq", "-w", "20", "-c", "100"]
interval = "5m"
timeout = "30s"`

/** The things that are watched without a setting, and those that need one. */
export const watchingPart = (): Html => (
  <section class="section" id="watching">
    <h2>What an agent watches</h2>
    <p>
      Without a setting: CPU, memory, swap, load, filesystems, disks, arrays and pools, network cards, the
      clock, tables of the kernel that run full, updates and a reboot that is due, temperatures, fans,
      batteries, graphics processors of AMD and NVIDIA, failed units of systemd, and the health of drives
      where UDisks2 runs. What a machine does not have is left out. When a threshold of the machine itself is
      first breached, the processes with the most CPU and memory are noted; the page of the event shows them.
    </p>
    <p>
      On Windows: CPU, memory, paging file, drives with their latency, network cards, TCP, a restart that is
      due, and services that start with Windows and do not run. An agent sends at most{' '}
      <code>agent.max_metrics</code> metrics, 1000 unless set, and counts what has no room.
    </p>
    <p>
      What changes slowly is read every 10 seconds at most, also where <code>agent.interval</code> is shorter:
      filesystems, arrays and pools, the state of links, the clock, tables and counters of the kernel,
      temperatures, fans and batteries; the load every 5 seconds. Samples in between have the values of the
      last reading, and rates are averages since the reading before. Processes killed because memory ran out
      are counted once. When something is mounted or unmounted, the clock is set or the machine wakes,
      everything is read at once, and while a threshold is about to hold or to be over, its metric is read for
      each sample. With an interval of 10 seconds or more every sample is read anew. Updates, a reboot that is
      due and the speed of a link that stands are looked up at each tenth reading. What was not there at the
      start, such as swap or a first array, is found within five minutes.
    </p>
    <h3>The name</h3>
    <p>
      A host goes by the short host name of its machine, or by <code>agent.name</code>. When the name of the
      machine changes, the host is renamed within ten minutes and keeps all it has. A name that was given to
      the host here, or by <code>monitor host rename</code>, stays.
    </p>
    <h3>Services and processes</h3>
    <p>
      <code>agent.services</code> and <code>agent.processes</code> name what has to run. systemd is asked over
      the bus of the system for restarts, memory and tasks of those services. A process goes by its program; a
      script by its file, Java by the jar or main class, <code>python -m</code> by the module.
    </p>
    <h3>Checks</h3>
    <p>
      A check asks a service from where the agent is: <code>http</code>, <code>tcp</code>, <code>tls</code>,{' '}
      <code>ping</code>, <code>dns</code>, or a <code>script</code>, which may be a plugin made for Nagios.
      Scripts run without a shell, as the agent’s user, and are ended with their process group when the time
      is over. The program and the configuration may not be writable by others. A check that fails twice in a
      row is a problem, and its event says why. The first 8 KiB that a script writes are read, and of its
      performance data 50 values; further ones are counted. <code>ping</code> works where the kernel setting{' '}
      <code>net.ipv4.ping_group_range</code> lets the agent’s group send echo requests.
    </p>
    <pre class="command" tabindex="0">
      {CHECK_EXAMPLE}
    </pre>
    <h3>Text files</h3>
    <p>
      With <code>agent.text_files</code> the agent reads the files <code>*.prom</code> of a folder, as
      programs write them for node_exporter. A file that is broken is one problem and leaves the others alone;
      one without an end of its last line counts as broken, because it may be cut off: write to another name
      and rename. Labels become part of a metric’s name.
    </p>
    <h3>Containers</h3>
    <p>
      With <code>agent.containers = true</code> the agent asks Docker and Podman which containers run, how
      they are and what they take. Who may use their socket is root in effect, so this is off, and the agent’s
      service does not have the right until <code>monitor service install agent</code> finds it on: it then
      writes <code>monitor-agent.service.d/containers.conf</code>, by which the service has the group{' '}
      <code>docker</code>. The socket of Podman is for root alone unless an administrator opens it.
    </p>
    <p>
      State, health as Docker lists it, and restarts are those of each cycle. CPU, memory and network of a
      container are at most ten seconds old at short intervals: the engine is asked for those of a few
      containers in each cycle, and what it said stays until it is asked again. So is health in Podman. A
      changed limit of memory shows within five minutes. An engine that takes longer than a cycle for its
      answer is asked again when it has answered, and has failed after 8 seconds without one. A container that
      was made and never started is good, unless the engine says that its start failed, which Docker does.
    </p>
    <p>
      Inside a container that has limits of memory, of processor time or to some of the processors, CPU and
      memory are those of the container; the machine’s are <code>perf.processor.host.percent.used</code> and{' '}
      <code>perf.memory.host.percent.used</code>.
    </p>
  </section>
)
