// The only thing on a page that moves: a value that has changed is tinted for a moment.

const SHOWN_MS = 1600
const VALUES = 'b, td, dd, dd a, td a'

/** Tints what holds a value that has just become another; does nothing for people who want no motion. */
export function tint(element: Element | null) {
  if (!element?.matches(VALUES) || matchMedia('(prefers-reduced-motion: reduce)').matches) return
  element.animate(
    [
      { backgroundColor: 'color-mix(in srgb, var(--line-1) 24%, transparent)' },
      { backgroundColor: 'transparent' },
    ],
    { duration: SHOWN_MS, easing: 'ease-in' },
  )
}
