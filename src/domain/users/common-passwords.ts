/**
 * Passwords that attackers try first, in lower case: the most frequent ones of published lists, and those of
 * manuals. A password is looked up without its case and without digits and signs at its ends.
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

/** In which order characters stand in the alphabet, and on keyboards along rows, columns and between two rows. */
const ORDERS = (
  'abcdefghijklmnopqrstuvwxyz 12345678901234567890 !@#$%^&*() qwertyuiop qwertzuiop asdfghjkl zxcvbnm yxcvbnm ' +
  '1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p zaq1xsw2cde3vfr4bgt5nhy6mju7 qazwsxedcrfvtgbyhnujm ' +
  '1q2w3e4r5t6y7u8i9o0p q1w2e3r4t5y6u7i8o9p0 a1b2c3d4e5f6g7h8i9j0 112233445566778899'
)
  .split(' ')
  .flatMap((order) => [order, [...order].reverse().join('')])

/** Characters of a piece, on average, from which on a password of pieces is a common one. */
const PIECE = 3

/** Whether the text is made of few pieces, each of one character or of neighbours (12345678, aaaa1234, 123qweasd). */
function isOfRuns(text: string): boolean {
  let pieces = 0
  for (let from = 0; from < text.length; pieces++) {
    let to = from + 1
    while (to < text.length && isPiece(text.slice(from, to + 1))) to++
    from = to
  }
  return pieces * PIECE <= text.length
}

const isPiece = (text: string): boolean =>
  text === text.charAt(0).repeat(text.length) || ORDERS.some((order) => order.includes(text))

/** A short piece over and over (12121212, abcabcabc). */
const isRepeated = (text: string): boolean => /^(.{1,4})\1+$/su.test(text)

const BEGIN = /^[\d!@#$%^&*?.,_+=-]/u
const END = /[\d!@#$%^&*?.,_+=-]$/u

/** Whether the text, with or without the digits and signs at its ends, is on the list. */
function isListed(text: string): boolean {
  for (let stem = text; ; stem = stem.slice(1)) {
    if (isListedUpToEnd(stem)) return true
    if (!BEGIN.test(stem)) return false
  }
}

function isListedUpToEnd(text: string): boolean {
  for (let stem = text; ; stem = stem.slice(0, -1)) {
    if (COMMON.has(stem)) return true
    if (!END.test(stem)) return false
  }
}

/** True for a password that a guesser tries among the first thousands. */
export function isCommonPassword(password: string): boolean {
  const plain = password.slice(0, 100).normalize('NFC').toLowerCase()
  return isListed(plain) || isOfRuns(plain) || isRepeated(plain) || /^\d{1,10}$/.test(plain)
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
