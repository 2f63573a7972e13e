import { describe } from 'bun:test'
import { describeBounds } from './bounds.contract.ts'
import { describeContent } from './content.contract.ts'
import { describeDataAudit } from './data-audit.contract.ts'
import { describeEnrolment } from './enrolment.contract.ts'
import { describeGroups } from './groups.contract.ts'
import { describeGrowth } from './growth.contract.ts'
import { describeHostDetails } from './host-details.contract.ts'
import { describeHostLists } from './host-lists.contract.ts'
import { describeNames } from './host-names.contract.ts'
import { describeLastSeen } from './last-seen.contract.ts'
import { describeNotifications } from './notifications.contract.ts'
import { describeOriginalEvents } from './original-events.contract.ts'
import { describeOutages } from './outages.contract.ts'
import { describeSavedViews } from './saved-views.contract.ts'
import { describeSecondFactors } from './second-factors.contract.ts'
import { describeStore, type Workbench } from './store.contract.ts'
import { describeSummaries } from './summaries.contract.ts'
import { describeThresholds } from './thresholds.contract.ts'
import { describeTrouble } from './trouble.contract.ts'
import { describePeople } from './users.contract.ts'
import { describeWaiting } from './waiting.contract.ts'

/** Everything that every database must do: each suite stands here, once for all of them. */
const CONTRACTS: Readonly<Record<string, (name: string, makeWorkbench: () => Workbench) => void>> = {
  'a store': describeStore,
  'names of hosts': describeNames,
  'how new hosts join': describeEnrolment,
  'details of hosts and events': describeHostDetails,
  'lists of hosts': describeHostLists,
  'bounds on growth': describeGrowth,
  people: describePeople,
  'events and notices': describeNotifications,
  'events of agents of the original': describeOriginalEvents,
  'the longest and shortest values of the wire': describeBounds,
  'content that is refused': describeContent,
  'groups of hosts': describeGroups,
  'outages of a period': describeOutages,
  'codes for signing in': describeSecondFactors,
  'saved views': describeSavedViews,
  'what is wrong now': describeTrouble,
  'rows of graphs': describeSummaries,
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
