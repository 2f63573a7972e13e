// A wall screen that was told to go round goes on to its next page after so many seconds.
const { kioskNext, kioskSeconds } = document.documentElement.dataset

if (kioskNext !== undefined) setTimeout(() => location.assign(kioskNext), Number(kioskSeconds) * 1000)

export {}
