import type { Severity } from '../../domain/event.ts'

/** The paths of a symbol on a field of 16 × 16: a filled outline, and the shape that is cut out of it. */
export type SeverityShape = { readonly outline: string; readonly cut: string }

/**
 * Each severity has a shape of its own, so that its colour is never the only sign. The browser draws the
 * outlines on graphs.
 */
export const SEVERITY_SHAPES: Readonly<Record<Severity, SeverityShape>> = {
  1: { outline: 'M5 1h6l4 4v6l-4 4H5l-4-4V5z', cut: 'm5.5 5.5 5 5m0-5-5 5' },
  2: { outline: 'M8 .8 15.2 8 8 15.2.8 8z', cut: 'M8 4.8v3.7m0 2.3v.1' },
  3: { outline: 'M8 1.5 15.3 14.5H.7z', cut: 'M8 6.2v3.9m0 2v.1' },
  4: { outline: 'M1 8a7 7 0 1 0 14 0a7 7 0 1 0-14 0z', cut: 'M8 7.3v4.2m0-6.9v.1' },
}
