/** Text as markup shows it, in elements and in quoted attributes: the one escaping of pages and of mails. */
export const escapeHtml = (text: string): string => Bun.escapeHTML(text)
