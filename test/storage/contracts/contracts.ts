import { describe } from 'bun:test'
import { describeBounds } from './bounds.contract.ts'
import { describeCommits } from './commits.contract.ts'
import { describeContent } from './content.contract.ts'
import { describeDataAudit } from './data-audit.contract.ts'
import { describeNotifications } from './events/notifications.contract.ts'
import { describeOriginalEvents } from './events/original-events.contract.ts'
import { describeOutages } from './events/outages.contract.ts'
import { describeThresholds } from './events/thresholds.contract.ts'
import { describeTrouble } from './events/trouble.contract.ts'
import { describeEnrolment } from './hosts/enrolment.contract.ts'
import { describeGroups } from './hosts/groups.contract.ts'
import { describeGrowth } from './hosts/growth.contract.ts'
import { describeHostDetails } from './hosts/host-details.contract.ts'
import { describeHostLists } from './hosts/host-lists.contract.ts'
import { describeNames } from './hosts/host-names.contract.ts'
import { describeLastSeen } from './hosts/last-seen.contract.ts'
import { describeWaiting } from './hosts/waiting.contract.ts'
import { describeRelatedMetrics } from './related-metrics.contract.ts'
import { describeStore, type Workbench } from './store.contract.ts'
import { describeSummaries } from './summaries.contract.ts'
import { describeSavedViews } from './users/saved-views.contract.ts'
import { describeSecondFactors } from './users/second-factors.contract.ts'
import { describeUsers } from './users/users.contract.ts'

/** Everything that every database must do: each suite stands here, once for all of them. */
const CONTRACTS: Readonly<Record<string, (name: string, makeWorkbench: () => Workbench) => void>> = {
  'a store': describeStore,
  'names of hosts': describeNames,
  'how new hosts join': describeEnrolment,
  'details of hosts and events': describeHostDetails,
  'lists of hosts': describeHostLists,
  'bounds on growth': describeGrowth,
  users: describeUsers,
  'events and notifications': describeNotifications,
  'events of agents of the original': describeOriginalEvents,
  'the longest and shortest values of the wire': describeBounds,
  'commits of many frames': describeCommits,
  'content that is refused': describeContent,
  'groups of hosts': describeGroups,
  'outages of a period': describeOutages,
  'codes for signing in': describeSecondFactors,
  'saved views': describeSavedViews,
  'what is wrong now': describeTrouble,
  'rows of graphs': describeSummaries,
  'metrics that follow from others': describeRelatedMetrics,
  'thresholds of agents': describeThresholds,
  'completeness of what agents sent': describeDataAudit,
  'hosts that are written down together': describeLastSeen,
  'frames whose time has not come': describeWaiting,
}

export function describeContracts(where: string, makeWorkbench: () => Workbench) {
  describe(where, () => {
    for (const [name, describeContract] of Object.entries(CONTRACTS)) describeContract(name, makeWorkbench)
  })
}
