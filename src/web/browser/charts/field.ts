// Where the lines of a drawing are on the screen.
import { FOOT, HEAD } from '../../charts/plot.ts'

export type PlotArea = {
  readonly left: number
  readonly width: number
  readonly top: number
  readonly height: number
}

export function fieldOf(place: Element): PlotArea | null {
  const plot = place.querySelector('.plot')
  if (!plot) return null
  const box = plot.getBoundingClientRect()
  const scale = box.height / Number(plot.getAttribute('height'))
  return {
    left: box.left,
    width: box.width,
    top: box.top + HEAD * scale,
    height: box.height - (HEAD + FOOT) * scale,
  }
}

type MarkOptions = { readonly field: PlotArea; readonly left: number; readonly width?: number }

/** Puts a mark of this class over the lines, as high as they are. */
export function moveMark(
  place: Element,
  className: string,
  { field, left, width }: MarkOptions,
): HTMLElement {
  let mark = place.querySelector<HTMLElement>(`:scope > .${className}`)
  if (!mark) {
    mark = document.createElement('i')
    mark.className = className
    place.append(mark)
  }
  const outer = place.getBoundingClientRect()
  mark.style.left = `${left - outer.left}px`
  mark.style.top = `${field.top - outer.top}px`
  mark.style.height = `${field.height}px`
  if (width !== undefined) mark.style.width = `${width}px`
  return mark
}
