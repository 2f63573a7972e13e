// The scripts that update every page live. Each page is complete without them.
import './theme-button.ts'
import './jump-box.ts'
import './live.ts'
import './forms.ts'
import './actions.ts'
import './problem-keys.ts'
import { localizeTimes } from './times.ts'

localizeTimes(document)
