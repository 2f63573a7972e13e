/** What stands before every address of the website where a proxy shows it below a path; else empty. */
export const BASE_PATH = document.documentElement.dataset.base ?? ''
