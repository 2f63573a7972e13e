// What the style sheet says about things that are drawn on a canvas.

/** A colour by its name in the style sheet, as the theme has it now. `place` is where it would be used. */
export function readColour(place: Element, name: string): string {
  const probe = document.createElement('i')
  probe.className = `ink-${name}`
  place.append(probe)
  const value = getComputedStyle(probe).color
  probe.remove()
  return value
}

export const fade = (rgb: string, alpha: number) => rgb.replace(/^rgb\((.*)\)$/, `rgba($1, ${alpha})`)

/** Letters of the page in parts of those on a usual screen: on a wall they are larger. */
export const letterSize = () => Number.parseFloat(getComputedStyle(document.documentElement).fontSize) / 14
