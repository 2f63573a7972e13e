/**
 * Passwords that attackers try first, in lower case: the most frequent ones of published lists, and those of
 * manuals. A password is looked up without its case and without digits and signs at its end.
 */
const COMMON: ReadonlySet<string> = new Set(
  `password passwort motdepasse contrasena senha parola wachtwoord passw0rd p@ssw0rd pa55word p@ssword pass1234 passpass
admin administrator adminadmin root toor system sysadmin superuser operator monitor monitoring secure_monitoring nagios zabbix
default changeme change_me changeit letmein welcome willkommen bienvenue secret geheim topsecret private public guest
user username test testtest tester demo example temp temporary login signin access security server service support helpdesk
qwerty qwertz azerty qwertyui qwertyuiop asdfghjk asdfghjkl asdfasdf zxcvbnm zxcvbnma qazwsxedc 1q2w3e4r 1q2w3e4r5t q1w2e3r4
1qaz2wsx 1qaz2wsx3edc qazwsx zaq12wsx abc12345 abcd1234 a1b2c3d4 abcdefgh abcdefg aaaaaaaa xxxxxxxx
iloveyou sunshine princess football baseball basketball superman batman spiderman pokemon starwars dragon monkey shadow
master michael jordan jennifer charlie daniel thomas andrew hunter hunter2 buster killer soccer hockey ranger trustno1
whatever computer internet samsung iphone google microsoft windows linux ubuntu debian redhat oracle mysql mariadb cisco
freedom mustang corvette ferrari porsche mercedes maverick phoenix cheese cookie chocolate banana orange flower summer
winter autumn spring january february monday friday london berlin hamburg munchen chelsea arsenal liverpool barcelona
blink182 metallica nirvana matrix mercury saturn jupiter galaxy diamond silver golden purple yellow ginger pepper
loveme lovely lovelove angel angels babygirl ashley nicole jessica michelle amanda andrea patrick robert william
correcthorsebatterystaple incorrect nothing something anything nopassword none null undefined mypassword mypass
administrador administrateur verwaltung passwort1 hallo123 hallo schatz sommer winter2024 sommer2024 fussball
ncc1701 fuckyou asshole bullshit pussycat kitty snoopy tigger bailey maggie harley yankees dallas steelers lakers`
    .split(/\s+/)
    .filter((word) => word !== ''),
)

/** A run of one character or of neighbours (12345678, 87654321, aaaaaaaa). */
const isRun = (text: string): boolean =>
  [-1, 0, 1].some((step) =>
    [...text].every((character, i) => i === 0 || character.charCodeAt(0) - text.charCodeAt(i - 1) === step),
  )

/** A short piece over and over (12121212, abcabcabc). */
const isRepeated = (text: string): boolean => /^(.{1,4})\1+$/su.test(text)

const END = /[\d!@#$%^&*?.,_+=-]$/u

/** Whether the text, with or without the digits and signs at its end, is on the list. */
function isListed(text: string): boolean {
  for (let stem = text; ; stem = stem.slice(0, -1)) {
    if (COMMON.has(stem)) return true
    if (!END.test(stem)) return false
  }
}

/** True for a password that a guesser tries among the first thousands. */
export function isCommonPassword(password: string): boolean {
  const plain = password.slice(0, 100).normalize('NFC').toLowerCase()
  return isListed(plain) || isRun(plain) || isRepeated(plain) || /^\d{1,10}$/.test(plain)
}

/** Every common password as a list, to compare with hashes that another program made. */
export function listCommonPasswords(): readonly string[] {
  const digits = Array.from({ length: 10 }, (_, i) => '1234567890'.slice(0, i + 1))
  const years = Array.from({ length: 20 }, (_, i) => String(2008 + i))
  const ends = ['', '1', '12', '123', '1234', '!', '1!', '123!', ...years]
  const words = [...COMMON].flatMap((word) => [
    word,
    word[0]?.toUpperCase() + word.slice(1),
    word.toUpperCase(),
  ])
  return [...digits, ...words.flatMap((word) => ends.map((end) => word + end))]
}
