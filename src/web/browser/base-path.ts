/** The prefix of every path of the website where a proxy serves it below a path; otherwise empty. */
export const BASE_PATH = document.documentElement.dataset.base ?? ''
