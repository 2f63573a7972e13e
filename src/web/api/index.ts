import type { Route } from '../http/route.ts'
import { apiEvents } from './event-resources.ts'
import { apiHostGroups } from './host-group-resources.ts'
import { apiHost, apiHostMetrics, apiHosts } from './host-resources.ts'
import { apiMaintenanceWindows } from './maintenance-windows.ts'
import { REPORT_API } from './report-resources.ts'
import { apiRules } from './rule-resources.ts'
import { apiSeries, apiSeriesList } from './series-resources.ts'
import { apiTargets } from './target-resources.ts'

/** Everything under `/api/v1`. */
export const API: readonly Route[] = [
  apiHosts,
  apiHost,
  apiHostMetrics,
  apiHostGroups,
  apiSeries,
  apiSeriesList,
  ...apiEvents,
  ...apiRules,
  ...apiMaintenanceWindows,
  ...apiTargets,
  ...REPORT_API,
]
