import type { Page } from '../page.ts'
import { apiHostGroups } from '../pages/host-groups.ts'
import { REPORT_API } from '../pages/reports/index.ts'
import { apiEvents } from './events.ts'
import { apiHost, apiHostMetrics, apiHosts } from './hosts.ts'
import { apiRules } from './rules.ts'
import { apiSeries, apiSeriesList } from './series.ts'
import { apiTargets } from './targets.ts'
import { apiWindows } from './windows.ts'

/** Everything under `/api/v1`. */
export const API: readonly Page[] = [
  apiHosts,
  apiHost,
  apiHostMetrics,
  apiHostGroups,
  apiSeries,
  apiSeriesList,
  ...apiEvents,
  ...apiRules,
  ...apiWindows,
  ...apiTargets,
  ...REPORT_API,
]
