// What makes every page live. Each page is complete without it.
import './theme-button.ts'
import './jump-box.ts'
import './live.ts'
import './forms.ts'
import './actions.ts'
import './problem-keys.ts'
import { localizeTimes } from './times.ts'

localizeTimes(document)
