// Ways to find elements that need no assertions about their types.

type ElementType<E extends Element> = { new (): E }

/**
 * The nearest element around the event's target that matches the selector; null where it is of another type.
 */
export function closest<E extends Element>(event: Event, selector: string, type: ElementType<E>): E | null {
  const found = event.target instanceof Element ? event.target.closest(selector) : null
  return found instanceof type ? found : null
}

/** The first element that matches the selector; null where it is of another type. */
export function find<E extends Element>(
  selector: string,
  type: ElementType<E>,
  within: ParentNode = document,
): E | null {
  const found = within.querySelector(selector)
  return found instanceof type ? found : null
}

/** All elements that match the selector and are of this type. */
export function findAll<E extends Element>(
  selector: string,
  type: ElementType<E>,
  within: ParentNode = document,
): E[] {
  return [...within.querySelectorAll(selector)].filter((found): found is E => found instanceof type)
}

/** A click that the browser would answer by opening the link in this window. */
export const isPlainClick = (event: MouseEvent) =>
  !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey && event.button === 0

/** Writes a text where it differs, so that screen readers and selections are not disturbed for nothing. */
export function setText(element: Element, text: string) {
  if (element.textContent !== text) element.textContent = text
}

/** A field of a form by its name. */
export function fieldOf(form: HTMLFormElement, name: string): HTMLInputElement | null {
  const field = form.elements.namedItem(name)
  return field instanceof HTMLInputElement ? field : null
}
