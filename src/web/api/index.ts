import { VERSION } from '../../lib/version.ts'
import { type Route, route } from '../http/route.ts'
import { apiHostAudit } from './audit-resources.ts'
import { declare } from './declarations.ts'
import { apiEvents } from './event-resources.ts'
import { apiHostChanges } from './host-changes.ts'
import { apiHostGroups } from './host-group-resources.ts'
import { apiHost, apiHostMetrics, apiHosts } from './host-resources.ts'
import { apiMaintenanceWindows } from './maintenance-windows.ts'
import { describeApi } from './openapi.ts'
import { REPORT_API } from './report-resources.ts'
import { apiRuleSwitches, apiRules } from './rule-resources.ts'
import { apiSeries, apiSeriesList } from './series-resources.ts'
import { apiTargets, apiTargetTest } from './target-resources.ts'
import { apiViews } from './view-resources.ts'
import { apiWaitingHosts } from './waiting-hosts.ts'

const ROUTES: readonly Route[] = [
  apiHosts,
  apiHost,
  apiHostMetrics,
  apiHostAudit,
  apiHostGroups,
  ...apiHostChanges,
  apiSeries,
  apiSeriesList,
  ...apiEvents,
  ...apiRules,
  ...apiRuleSwitches,
  ...apiMaintenanceWindows,
  ...apiTargets,
  apiTargetTest,
  ...REPORT_API,
  ...apiViews,
  ...apiWaitingHosts,
].map(declare)

const description = route(
  {
    path: '/api/v1/openapi.json',
    access: 'viewer',
    scope: 'filtered',
    doc: 'This description, in OpenAPI 3.1.',
  },
  async ({ web }) => Response.json(describeApi(ROUTES, { version: VERSION, basePath: web.basePath })),
)

/** Everything under `/api/v1`. */
export const API: readonly Route[] = [...ROUTES, declare(description)]
