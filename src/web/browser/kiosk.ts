// A wall screen that rotates opens its next page after this many seconds.
const { kioskNext, kioskSeconds } = document.documentElement.dataset

if (kioskNext !== undefined) setTimeout(() => location.assign(kioskNext), Number(kioskSeconds) * 1000)

export {}
