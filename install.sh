#!/bin/sh
# Installs monitor on Linux, brings it up to date, or removes it. For dash, busybox and every other POSIX shell.
set -eu

usage() {
  cat <<'TEXT'
Usage: install.sh ROLE [options]

  ROLE                    agent, server, collect or events

Where the program comes from:
  --from FILE|URL         An archive of the release, the executable in it, or a folder with one of them
                          (the folder of this script unless given). A URL takes curl or wget, that of a
                          folder ends in /
  --sha256 HEX            The checksum that it must have; else FILE.sha256 or SHA256SUMS beside it says so.
                          Nothing is installed from a URL without one, and nothing from a signed
                          release whose SHA256SUMS.sig is wrong
  --version               Only tell which version is installed here and which one this would install

For the configuration (only what it does not set yet is filled in):
  --enroll CODE           Agent: join by this code, which the server's page "Add a host" makes
  --server HOST:PORT      Agent: the collect engine to send to
  --passphrase-file FILE  The passphrase; it is copied
  --fingerprint HEX       Agent: SHA-256 fingerprint of the server's certificate
  --agent                 Server: watch this machine too
  --no-collect            Server: leave the collect engine to a service of its own
  --no-events             Server: leave the event engine to a service of its own
                          (an upgrade keeps these flags; monitor service install --reset-flags forgets them)

  --uninstall             Stop and remove the service, and the program when no other service uses it
  --purge                 With it: configuration, data and user as well
  --dry-run               Only say what would be done
  --help                  This text

Run it again to upgrade: configuration and data stay.
TEXT
}

PROGRAM=/usr/local/bin/monitor
program=$PROGRAM
# The release step fills this in: the public key (RSA, DER in base64) that SHA256SUMS is signed with. Empty for a build
# of one's own, which its checksum alone vouches for.
RELEASE_KEY=''
# A server that hands out this script fills these in: where its releases are, and the pin of its certificate
# (sha256//...) when no CA vouches for it. Script and releases then come from the same verified place.
SERVED_FROM=''
SERVED_PIN=''
EX_USAGE=64

say() { printf '%s\n' "$*"; }

fail() {
  printf 'install.sh: %s\n' "$1" >&2
  exit "${2:-1}"
}

# Says a step and takes it, unless nothing is to be done.
step() {
  text=$1
  shift
  if [ "$dry_run" = yes ]; then
    say "Would: $text"
  else
    say "$text"
    "$@"
  fi
}

has() { command -v "$1" >/dev/null 2>&1; }

needs_value() { [ "$2" -ge 2 ] || fail "$1 takes a value" "$EX_USAGE"; }

read_arguments() {
  role=''
  from=''
  sha256=''
  server=''
  passphrase_file=''
  fingerprint=''
  enroll=''
  watch_too=no
  no_collect=no
  no_events=no
  version_only=no
  uninstall=no
  purge=no
  dry_run=no
  wanted=''
  work=''
  while [ $# -gt 0 ]; do
    case $1 in
      --*=*)
        option=${1%%=*}
        value=${1#*=}
        shift
        set -- "$option" "$value" "$@"
        case $option in
          --from | --sha256 | --server | --passphrase-file | --fingerprint | --enroll) ;;
          *) fail "$option takes no value, or is unknown" "$EX_USAGE" ;;
        esac
        continue
        ;;
      --from) needs_value "$1" $#; from=$2; shift ;;
      --sha256) needs_value "$1" $#; sha256=$2; shift ;;
      --server) needs_value "$1" $#; server=$2; shift ;;
      --passphrase-file) needs_value "$1" $#; passphrase_file=$2; shift ;;
      --fingerprint) needs_value "$1" $#; fingerprint=$2; shift ;;
      --enroll) needs_value "$1" $#; enroll=$2; shift ;;
      --agent) watch_too=yes ;;
      --no-collect) no_collect=yes ;;
      --no-events) no_events=yes ;;
      --version) version_only=yes ;;
      --uninstall) uninstall=yes ;;
      --purge) purge=yes ;;
      --dry-run) dry_run=yes ;;
      --help | -h) usage; exit 0 ;;
      -*) fail "unknown option $1 (--help tells all)" "$EX_USAGE" ;;
      *)
        [ -z "$role" ] || fail "one role at a time: $role or $1" "$EX_USAGE"
        role=$1
        ;;
    esac
    shift
  done
}

# Where `monitor service install` puts the configuration of a role.
config_of() { if [ "$1" = agent ]; then echo /etc/monitor/agent.toml; else echo /etc/monitor/monitor.toml; fi; }

# Agent and server have data, passphrase and user apart.
side_of() { if [ "$1" = agent ]; then echo agent; else echo server; fi; }
user_of() { if [ "$1" = agent ]; then echo monitor-agent; else echo monitor; fi; }

check_arguments() {
  case $role in
    agent | server | collect | events) ;;
    '') [ "$version_only" = yes ] || fail 'a role is missing: agent, server, collect or events' "$EX_USAGE" ;;
    *) fail "unknown role \"$role\": agent, server, collect or events" "$EX_USAGE" ;;
  esac
  if [ "$role" != agent ] && [ -n "$server$fingerprint" ]; then
    fail '--server and --fingerprint are for the role agent' "$EX_USAGE"
  fi
  if [ -n "$enroll" ]; then
    [ "$role" = agent ] || fail '--enroll is for the role agent' "$EX_USAGE"
    # It goes through a shell of the agent's user.
    case $enroll in
      mon1-*[!A-Za-z0-9_-]* | mon1-) fail 'this is no enrolment code: letters, digits, - and _ are expected' "$EX_USAGE" ;;
      mon1-*) ;;
      *) fail 'this is no enrolment code: it begins with mon1-' "$EX_USAGE" ;;
    esac
  fi
  if [ "$role" != server ] && [ "$watch_too" = yes ]; then
    fail '--agent is for the role server' "$EX_USAGE"
  fi
  if [ "$role" != server ] && [ "$no_collect$no_events" != nono ]; then
    fail '--no-collect and --no-events are for the role server' "$EX_USAGE"
  fi
  if [ "$purge" = yes ] && [ "$uninstall" = no ]; then
    fail '--purge goes with --uninstall' "$EX_USAGE"
  fi
  if [ -n "$passphrase_file" ] && [ ! -r "$passphrase_file" ]; then
    fail "the passphrase file $passphrase_file can't be read"
  fi
  # Refused before anything is written; a configuration that is there may say it.
  if [ "$role" = agent ] && [ "$uninstall$version_only" = nono ] && [ -z "$server$enroll" ] && [ ! -e "$(config_of agent)" ]; then
    fail 'an agent has to know where to send to: --enroll CODE, or --server HOST:PORT' "$EX_USAGE"
  fi
  if [ "$(uname -s)" != Linux ]; then
    fail "this is for Linux, not for $(uname -s); Windows has install.ps1"
  fi
  if [ "$dry_run" = no ] && [ "$version_only" = no ] && [ "$(id -u)" != 0 ]; then
    fail 'this takes root: try it with sudo'
  fi
}

# Name of the build for this machine: linux-x64, linux-arm64-musl, ...
find_build() {
  case $(uname -m) in
    x86_64 | amd64) processor=x64 ;;
    aarch64 | arm64) processor=arm64 ;;
    *) fail "there is no build for the processor $(uname -m); there are x86_64 and aarch64" ;;
  esac
  if uses_musl; then echo "linux-$processor-musl"; else echo "linux-$processor"; fi
}

# The system's own ldd tells; without one, the loaders do: glibc's wins where both are.
uses_musl() {
  if has ldd; then
    case $(ldd --version 2>&1 || true) in
      *musl*) return 0 ;;
      *) return 1 ;;
    esac
  fi
  for loader in /lib64/ld-linux-x86-64.so.2 /lib/ld-linux-aarch64.so.1; do
    [ ! -e "$loader" ] || return 1
  done
  for loader in /lib/ld-musl-*.so.1; do
    [ ! -e "$loader" ] || return 0
  done
  return 1
}

# fetch FROM TO: a file or a URL. What curl or wget say goes to $work/complaint when it fails.
fetch() {
  case $1 in
    http://* | https://*)
      # Nothing leads from https to http.
      case $1 in https://*) protocol='=https' ;; *) protocol='=http,https' ;; esac
      if has curl && [ -n "$SERVED_PIN" ] && [ "$1" != "${1#"$SERVED_FROM"}" ]; then
        set -- "$1" "$2" --proto '=https' --insecure --pinnedpubkey "$SERVED_PIN"
      elif has curl; then
        set -- "$1" "$2" --location --proto "$protocol" --proto-redir '=https'
      elif [ -n "$SERVED_PIN" ]; then
        fail 'downloading from this server takes curl: wget can not tell its certificate by the pin'
      elif has wget; then
        # It would follow a redirect from https to http. That of BusyBox can't be told not to.
        case $1 in
          https://*) if wget --help 2>&1 | grep -q -e --max-redirect; then set -- "$1" "$2" --max-redirect=0; fi ;;
        esac
        source_url=$1
        target=$2
        shift 2
        wget -q "$@" -O "$target" "$source_url" 2>"$work/complaint"
        return
      else
        fail 'downloading takes curl or wget'
      fi
      source_url=$1
      target=$2
      shift 2
      curl --fail --silent --show-error --retry 3 "$@" --output "$target" "$source_url" 2>"$work/complaint"
      ;;
    *) cp "$1" "$2" 2>"$work/complaint" ;;
  esac
}

# Fetches the release itself, or says in one line why it can not be had.
fetch_release() {
  fetch "$1" "$2" && return
  why=$(sed -n 's/^curl: //; s/^wget: //; 1p' "$work/complaint")
  case $why in
    *404*) fail "there is no $1 for this machine ($build). Nothing was changed." ;;
    *) fail "$1 could not be had: ${why:-the download failed}. Nothing was changed." ;;
  esac
}

is_url() { case $1 in http://* | https://*) return 0 ;; *) return 1 ;; esac; }

# Sets source (a file or URL) from --from and this machine's build: the smaller archive where this machine can unpack it.
find_source() {
  file=monitor-$build.tar.gz
  case $from in
    http://127.0.0.1[:/]* | http://localhost[:/]* | 'http://[::1]'[:/]*) ;;
    http://*)
      [ -n "$sha256" ] ||
        fail "$from is not https, so that anybody on its way could change it: take https, or give --sha256. Nothing was changed." "$EX_USAGE"
      ;;
  esac
  if [ -z "$from" ] && [ -n "$SERVED_FROM" ]; then
    find_smallest "$SERVED_FROM"
  elif [ -z "$from" ]; then
    from=$(dirname "$0")
    find_in "$from" || fail "there is neither $file nor monitor beside this script; say where it is: --from FILE|URL"
  elif is_url "$from"; then
    case $from in
      */) find_smallest "$from" ;;
      *) source=$from ;;
    esac
  elif [ -d "$from" ]; then
    find_in "${from%/}" || fail "there is neither $file nor monitor in $from"
  else
    source=$from
    [ -f "$source" ] || fail "there is no $source"
  fi
  name=${source##*/}
}

# Sets source to what a folder behind a URL has for this machine. What is not told by its checksum is not there.
find_smallest() {
  for packer in xz zstd; do
    small=monitor-$build.tar.${packer%d}
    if has "$packer" && [ "$dry_run" = no ] && fetch "$1$small.sha256" "$work/sum" 2>/dev/null; then
      file=$small
      break
    fi
  done
  source=$1$file
}

# Sets source to what a folder has for this machine: the archive, or what an archive holds.
find_in() {
  for source in "$1/monitor-$build.tar.xz" "$1/monitor-$build.tar.zst" "$1/$file" "$1/monitor"; do
    case $source in
      *.xz) has xz || continue ;;
      *.zst) has zstd || continue ;;
    esac
    [ ! -f "$source" ] || return 0
  done
  return 1
}

checksum_of() {
  if has sha256sum; then
    sha256sum <"$1" | cut -d ' ' -f 1
  elif has openssl; then
    openssl dgst -sha256 -r <"$1" | cut -d ' ' -f 1
  else
    fail 'the checksum takes sha256sum or openssl'
  fi
}

# Bytes 51 to 82 of what a code holds, when its first byte says that they are there: the SHA-256 of the server's SHA256SUMS.
# Nothing where this machine can not decode it; TLS vouches for the checksums all the same.
releases_of_code() {
  text=$(printf '%s' "${enroll#mon1-}" | tr '_-' '/+')
  while [ $((${#text} % 4)) != 0 ]; do text=$text=; done
  if has base64; then decode='base64 -d'; elif has openssl; then decode='openssl base64 -d -A'; else return 0; fi
  # shellcheck disable=SC2086 # a command with its arguments
  bytes=$(printf '%s' "$text" | $decode 2>/dev/null | od -An -v -tx1 | tr -d ' \n')
  case $bytes in
    ?[2367abef]*) printf '%s' "$bytes" | cut -c 103-166 ;;
  esac
}

# Sets wanted from the list of checksums that the enrolment code vouches for, where it does.
find_enrolled_checksum() {
  [ -n "$enroll" ] && [ -n "$SERVED_FROM" ] && [ "$source" != "${source#"$SERVED_FROM"}" ] || return 0
  listed=$(releases_of_code)
  [ -n "$listed" ] || return 0
  fetch_release "${SERVED_FROM}SHA256SUMS" "$work/sums"
  [ "$(checksum_of "$work/sums")" = "$listed" ] ||
    fail 'the releases of this server are no longer those that the code was made for: make a new code. Nothing was changed.'
  wanted=$(awk -v name="$name" '$2 == name || $2 == "*" name { print $1; exit }' "$work/sums")
  [ -n "$wanted" ] || fail "the code does not vouch for $name. Nothing was changed."
  say '  Its checksum is the one that the code vouches for.'
}

# Sets wanted from --sha256, or from what lies beside the source.
find_checksum() {
  wanted=$sha256
  [ -n "$wanted" ] || find_enrolled_checksum
  [ -n "$wanted" ] || find_signed_checksum
  if [ -z "$wanted" ] && fetch "$source.sha256" "$work/sum" 2>/dev/null; then
    wanted=$(cut -d ' ' -f 1 <"$work/sum" | head -n 1)
  fi
  if [ -z "$wanted" ] && fetch "${source%/*}/SHA256SUMS" "$work/sums" 2>/dev/null; then
    wanted=$(awk -v name="$name" '$2 == name || $2 == "*" name { print $1; exit }' "$work/sums")
  fi
  if [ -z "$wanted" ] && is_url "$source"; then
    fail "no checksum for $name: neither $name.sha256 nor SHA256SUMS is beside it; give --sha256"
  fi
  wanted=$(printf '%s' "$wanted" | tr 'A-F' 'a-f')
}

# Sets wanted from SHA256SUMS, once its signature was verified. A URL has to be signed when this script knows a key, but
# for the server that handed out the script; a file may lie alone.
find_signed_checksum() {
  [ -n "$RELEASE_KEY" ] || return 0
  beside=${source%/*}
  if ! fetch "$beside/SHA256SUMS.sig" "$work/sums.sig" 2>/dev/null || ! fetch "$beside/SHA256SUMS" "$work/sums" 2>/dev/null; then
    if is_url "$source" && [ "$source" = "${source#"${SERVED_FROM:-?}"}" ]; then
      fail "no signature for $name: SHA256SUMS and SHA256SUMS.sig are not beside it; give --sha256 if you know it from elsewhere"
    fi
    return 0
  fi
  has openssl || fail 'the signature of the release takes openssl; install it, or give --sha256 if you know it from elsewhere'
  printf '%s' "$RELEASE_KEY" | openssl base64 -d -A >"$work/key.der"
  openssl dgst -sha256 -verify "$work/key.der" -keyform DER -signature "$work/sums.sig" "$work/sums" >/dev/null 2>&1 ||
    fail 'the signature of SHA256SUMS is wrong: this release is damaged or not genuine. Nothing was changed.'
  wanted=$(awk -v name="$name" '$2 == name || $2 == "*" name { print $1; exit }' "$work/sums")
  [ -n "$wanted" ] || fail "the signed SHA256SUMS does not name $name. Nothing was changed."
  say "  Its checksum is signed by the key of this release."
}

check_sum() {
  found=$(checksum_of "$work/$name")
  if [ -z "$wanted" ]; then
    say "  Nothing beside this file says what it should be; it is $found."
    return
  fi
  [ "$found" = "$wanted" ] || fail "$name is damaged or not genuine: its SHA-256 is $found, not $wanted. Nothing was changed."
}

unpack() {
  case $name in
    *.tar.gz | *.tgz) unpack_with gzip ;;
    *.tar.xz) unpack_with xz ;;
    *.tar.zst) unpack_with zstd ;;
    *) [ "$name" = monitor ] || mv "$work/$name" "$work/monitor" ;;
  esac
  chmod 755 "$work/monitor"
}

# unpack_with PROGRAM: the archive in the work folder becomes the program alone. An archive that ends too early is one
# that tar complains about.
unpack_with() {
  (cd "$work" && "$1" -dc "$name" 2>>complaint | tar -xf - monitor 2>>complaint) ||
    fail "$name can not be unpacked, it is cut off or damaged: $(head -n 1 "$work/complaint"). Nothing was changed."
  rm -f "$work/$name"
}

# A build that does not run here must not take the place of one that does.
try_program() {
  code=0
  new_version=$("$work/monitor" --version 2>"$work/complaint") || code=$?
  [ "$code" != 0 ] || return 0
  case $code in
    # Ended by SIGILL: an instruction that the processor does not know.
    132) why='this processor is too old for it, it lacks AVX2' ;;
    *) why=$(head -n 3 "$work/complaint") ;;
  esac
  if [ "${build%-musl}" != "$build" ] && [ ! -e /usr/lib/libstdc++.so.6 ]; then
    why="it needs the C++ library; on Alpine: apk add libstdc++"
  fi
  fail "the program does not run on this machine ($build, exit code $code): $why. Nothing was changed."
}

# Where the new program lies until it takes its place: on the same filesystem, so that this is one step.
make_work_folder() {
  folder=${PROGRAM%/*}
  if [ "$version_only" = yes ]; then folder=${TMPDIR:-/tmp}; else mkdir -p "$folder"; fi
  work=$(mktemp -d "$folder/.monitor-install.XXXXXX") || fail "can't write to $folder"
  trap 'rm -rf "$work"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
}

# A running program is not written into, and nobody sees half a file.
put_program() {
  chown 0:0 "$work/monitor"
  mv -f "$work/monitor" "$PROGRAM"
}

tell_versions() {
  if [ -x "$PROGRAM" ]; then say "installed: $("$PROGRAM" --version)"; else say 'installed: none'; fi
  build=$(find_build)
  make_work_folder
  find_source
  fetch_release "$source" "$work/$name"
  find_checksum
  check_sum
  unpack
  try_program
  say "available: $new_version"
}

# Completions and the manual page, where this machine has a place for them; nothing depends on them.
EXTRAS='/usr/share/bash-completion/completions/monitor /usr/share/zsh/vendor-completions/_monitor
  /usr/share/fish/vendor_completions.d/monitor.fish /usr/local/share/man/man1/monitor.1'

put_extras() {
  for extra in $EXTRAS; do
    case $extra in
      *bash-completion*) set -- completion bash ;;
      *zsh*) set -- completion zsh ;;
      *fish*) set -- completion fish ;;
      # Made with its folders: man looks there, but no package brings it.
      *) set -- man; [ ! -d /usr/local/share/man ] || mkdir -p "${extra%/*}" ;;
    esac
    [ -d "${extra%/*}" ] || continue
    if "$PROGRAM" "$@" </dev/null >"$work/extra" 2>/dev/null; then
      cp "$work/extra" "$extra"
      chmod 644 "$extra"
    fi
  done
}

# shellcheck disable=SC2086 # several paths without blanks
remove_program() { rm -f "$PROGRAM" $EXTRAS; }

has_systemd() { [ -d /run/systemd/system ] && has systemctl; }

# Runs the installed program with its words set in, and ends with its exit code.
run_program() {
  code=0
  # Standard input may be this very script.
  "$PROGRAM" "$@" </dev/null >"$work/said" 2>&1 || code=$?
  sed 's/^/  /' "$work/said"
  return "$code"
}

# What would be refused later is refused before anything is changed.
check_register() {
  program=$work/monitor
  register --check
  program=$PROGRAM
}

register() {
  set -- service install "$role" "$@"
  [ -z "$server" ] || set -- "$@" --server "$server"
  [ -z "$passphrase_file" ] || set -- "$@" --passphrase-file "$passphrase_file"
  [ -z "$fingerprint" ] || set -- "$@" --fingerprint "$fingerprint"
  [ "$watch_too" = no ] || set -- "$@" --agent
  [ "$no_collect" = no ] || set -- "$@" --no-collect
  [ "$no_events" = no ] || set -- "$@" --no-events
  if [ "$program" = "$PROGRAM" ]; then
    run_program "$@" || fail "monitor service install ended with exit code $code" "$code"
  else
    "$program" "$@" </dev/null >"$work/said" 2>&1 || fail "$(sed 's/^monitor: //; q' "$work/said"). Nothing was changed." $?
  fi
}

data_dir_of_agent() {
  if [ -e "$(config_of agent)" ]; then
    "$work/monitor" config print --config "$(config_of agent)" 2>/dev/null | sed -n 's/^data_dir = "\([^"]*\)".*/\1/p'
  else
    echo /var/lib/monitor/agent
  fi
}

# Joins with the new program before anything is changed: a code that is wrong, used or over leaves everything as it was.
# A key that the agent has already is the one that it joins with.
join_server() {
  data=$(data_dir_of_agent)
  [ -n "$data" ] || fail "$(config_of agent) can't be read: monitor config check tells why. Nothing was changed."
  mkdir -m 700 "$work/joined"
  [ ! -e "$data/agent-key" ] || cp "$data/agent-key" "$work/joined/"
  set -- enroll use "$enroll" --data-dir "$work/joined"
  [ ! -e "$(config_of agent)" ] || set -- "$@" --config "$(config_of agent)"
  code=0
  "$work/monitor" "$@" </dev/null >"$work/said" 2>&1 || code=$?
  [ "$code" = 0 ] || fail "$(sed 's/^monitor: //' "$work/said"). Nothing was changed." "$code"
  sed 's/^/  /' "$work/said"
}

# What joining has made goes to the agent's data before its service is registered, which then lacks nothing.
keep_joined() {
  mkdir -p "$data"
  chmod 700 "$data"
  cp "$work"/joined/* "$data/"
  register
  chown -R "$(user_of agent):$(user_of agent)" "$data"
}

# All roles on a machine are one program: those that run are to run the new one.
start_services() {
  run_program service restart "$role" || give_up_start "$code"
  for other in server collect events agent; do
    [ "$other" != "$role" ] || continue
    [ -e "/etc/systemd/system/monitor-$other.service" ] || continue
    # Its unit becomes that of this version; flags and configuration stay.
    run_program service install "$other" >/dev/null || say "  The unit of $other was left as it is: monitor service install $other tells why"
    if "$PROGRAM" service status "$other" >/dev/null 2>&1; then
      run_program service restart "$other" || say "  $other did not start: journalctl -u monitor-$other"
    fi
  done
}

give_up_start() {
  if [ "$1" = 78 ]; then
    fail "registered, but not started before its configuration is complete; then: monitor service start $role" 78
  fi
  fail "the service did not start: journalctl -u monitor-$role" "$1"
}

tell_next() {
  say ''
  say 'Done. What to do next:'
  case $role in
    agent)
      say '  See how it does:      monitor service status agent; monitor health agent'
      say '  Its settings:         /etc/monitor/agent.toml, then: monitor service restart agent'
      ;;
    server)
      say '  Open the website:     port 8080 of this machine, as the user "admin"'
      if [ "$dry_run" = yes ] || [ -e /var/lib/monitor/server/initial-admin-password ] || ! has_systemd; then
        say '  Its first password:   cat /var/lib/monitor/server/initial-admin-password'
      fi
      say '  For agents elsewhere: cat /var/lib/monitor/server/passphrase'
      say '                        monitor certificate show --fingerprint'
      say '  Its settings:         /etc/monitor/monitor.toml, then: monitor service restart server'
      ;;
    *)
      say "  See how it does:      monitor service status $role; monitor health $role"
      say "  Its settings:         /etc/monitor/monitor.toml, then: monitor service restart $role"
      ;;
  esac
}

install_role() {
  if [ -n "$enroll" ]; then register=keep_joined; else register=register; fi
  build=$(find_build)
  [ "$dry_run" = yes ] || make_work_folder
  find_source
  name=${source##*/}
  step "Fetch $source." fetch_release "$source" "${work:-}/$name"
  [ "$dry_run" = yes ] || find_checksum
  step "Check its SHA-256${wanted:+: $wanted}." check_sum
  step 'Unpack it.' unpack
  step 'Try whether it runs on this machine.' try_program
  step 'Check what the service is to be told.' check_register
  [ -z "$enroll" ] || step 'Join the server by the enrolment code.' join_server
  if [ -x "$PROGRAM" ]; then
    step "Put it in the place of $PROGRAM." put_program
  else
    step "Put it to $PROGRAM." put_program
  fi
  step 'Put completions and the manual page where shells and man look for them.' put_extras
  step "Make user, folders and configuration where they are missing, and register the service (monitor service install $role)." "$register"
  if has_systemd; then
    step "Start the service (monitor service restart $role), and others of monitor that run." start_services
  else
    say "Nothing is started: systemd does not run this machine."
  fi
  [ "$dry_run" = yes ] || tell_next
}

uninstall_role() {
  if [ ! -x "$PROGRAM" ]; then
    [ "$purge" = yes ] || fail "$PROGRAM is not there: nothing to uninstall"
    purge_without_program
    return
  fi
  [ "$dry_run" = yes ] || make_work_folder
  if [ "$purge" = yes ]; then
    step "Stop and remove the service monitor-$role with its configuration, data and user." unregister --purge
  else
    step "Stop and remove the service monitor-$role; configuration and data stay." unregister
  fi
  for other in server collect events agent; do
    if [ "$other" != "$role" ] && [ -e "/etc/systemd/system/monitor-$other.service" ]; then
      say "$PROGRAM stays: monitor-$other uses it."
      return
    fi
  done
  step "Remove $PROGRAM." remove_program
}

# After an earlier --uninstall took the program away: what it left is removed without it.
purge_without_program() {
  for other in server collect events agent; do
    [ ! -e "/etc/systemd/system/monitor-$other.service" ] ||
      fail "$PROGRAM is not there, but monitor-$other is registered: install it again, then uninstall with --purge"
  done
  step "Remove the configuration, data and user of $role, which an earlier --uninstall left." remove_leftovers
}

remove_leftovers() {
  side=$(side_of "$role")
  user=$(user_of "$role")
  rm -f "$(config_of "$role")" "/etc/monitor/$side-passphrase"
  rm -rf "/var/lib/monitor/$side"
  if id -u "$user" >/dev/null 2>&1; then
    if has userdel; then userdel "$user"; else deluser "$user"; fi
    say "  Removed the user $user."
  fi
  if grep -q "^$user:" /etc/group; then
    if has groupdel; then groupdel "$user"; else delgroup "$user"; fi
  fi
  for folder in /etc/monitor /var/lib/monitor; do
    [ -d "$folder" ] || continue
    rmdir "$folder" 2>/dev/null || say "  Left $folder, which holds what is not of this service: $(cd "$folder" && echo *)"
  done
}

unregister() {
  run_program service uninstall "$role" "$@" || fail "monitor service uninstall ended with exit code $code" "$code"
}

read_arguments "$@"
check_arguments
if [ "$version_only" = yes ]; then
  tell_versions
elif [ "$uninstall" = yes ]; then
  uninstall_role
else
  install_role
fi
