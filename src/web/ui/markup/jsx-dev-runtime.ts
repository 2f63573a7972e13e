/** Bun asks for this module instead of `jsx-runtime.ts` when the program runs from its source. */
export { Fragment, type JSX, jsx as jsxDEV } from './jsx-runtime.ts'
