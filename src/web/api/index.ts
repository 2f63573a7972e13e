import type { Page } from '../page.ts'
import { apiEvents } from './events.ts'
import { apiHost, apiHostMetrics, apiHosts } from './hosts.ts'
import { apiSeries } from './series.ts'

/** Everything under `/api/v1`. */
export const API: readonly Page[] = [apiHosts, apiHost, apiHostMetrics, apiSeries, apiEvents]
