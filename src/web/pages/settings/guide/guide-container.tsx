/** @jsxImportSource #markup */

/** A test reads it and holds its settings to the schema. */
export const COMPOSE = `services:
  server:
    image: monitor
    command: server
    restart: unless-stopped
    ports: ["8443:8443", "8889:8889"]
    environment:
      MONITOR_WEB_TLS: "true"
    volumes: ["server:/var/lib/monitor"]
  agent:
    image: monitor
    command: agent
    restart: unless-stopped
    network_mode: host
    environment:
      MONITOR_AGENT_HOST_ROOT: /host
      MONITOR_AGENT_SERVER: "localhost:8889"
      MONITOR_AGENT_FINGERPRINT: "5f3a…"
      MONITOR_AGENT_PASSPHRASE_FILE: /run/secrets/passphrase
    secrets: [passphrase]
    volumes: ["/:/host:ro,rslave", "agent:/var/lib/monitor"]
volumes: { server: {}, agent: {} }
secrets: { passphrase: { file: ./passphrase } }`

/** The commands to run before the agent can start. */
export const STEPS = `docker compose up --detach server
docker compose cp server:/var/lib/monitor/initial-admin-password .
docker compose cp server:/var/lib/monitor/passphrase passphrase
sudo chown 65532 passphrase
docker compose exec server monitor certificate show --fingerprint`

/** The image and what an agent in a container needs to see. */
export const containerPart = () => (
  <section class="section" id="containers">
    <h2>In containers</h2>
    <p>
      <code>npm run build -- --image</code> lays down what <code>.ci/Containerfile</code> makes an image of:
      the program, the libraries that it needs and the certificates of CAs, nothing else. It does not run as
      root, keeps everything in <code>/var/lib/monitor</code>, and its health check asks the role that runs.
    </p>
    <pre class="command" tabindex="0">
      <code>{`npm run build -- --image
podman build --format docker --tag monitor --file .ci/Containerfile dist/image`}</code>
    </pre>
    <p>
      An agent in a container would measure the container. With the root of the machine mounted and{' '}
      <code>agent.host_root</code> set it reads the machine: its processors, memory, disks, mounts, network
      and name. The network of the host (<code>network_mode: host</code>) lets it say the machine’s address,
      and checks go the way that the machine goes. A compose file for both:
    </p>
    <pre class="command" tabindex="0">
      <code>{COMPOSE}</code>
    </pre>
    <p>
      The server comes first, since the agent needs what it makes. The image has no shell; its account has the
      number 65532 and has to be able to read the passphrase:
    </p>
    <pre class="command" tabindex="0">
      <code>{STEPS}</code>
    </pre>
    <p>
      With the fingerprint in the file, <code>docker compose up --detach</code> starts the agent.
    </p>
  </section>
)
