import axe from 'axe-core'
import type { Page } from 'playwright-core'

const STANDARDS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

/**
 * What axe-core finds against WCAG 2.2 AA and good practice on a page as it stands, or by these of its rules
 * alone.
 */
export async function findFaults(page: Page, rules: readonly string[] | null = null): Promise<string[]> {
  // Evaluated by the debugger, so the page's content security policy does not stand in its way.
  if (!(await page.evaluate<boolean>('"axe" in globalThis'))) await page.evaluate(axe.source)
  const faults = await page.evaluate<{ id: string; nodes: { html: string; failureSummary: string }[] }[]>(
    `axe.run(document, { runOnly: ${JSON.stringify(rules ?? STANDARDS)}, resultTypes: ['violations'], iframes: false }).then(({ violations }) => violations)`,
  )
  return faults.flatMap(({ id, nodes }) =>
    nodes.slice(0, 3).map((node) => `${id}: ${node.html.slice(0, 160)} ${node.failureSummary}`),
  )
}
