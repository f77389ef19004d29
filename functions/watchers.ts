// The wiring of the functions that watch: promoted versions, and shifts that others make. They have no port that moves traffic.
import { log, trouble } from './instruments.ts'
import { observeHandler } from './listeners/observe.ts'
import { watchHandler } from './listeners/watch.ts'
import { keepingPager } from './messages/pager.ts'
import {
  aliases,
  budgets,
  clock,
  digest,
  executions,
  history,
  home,
  journal,
  leases,
  observations,
  openReleases,
  prometheus,
  queues,
  services,
  telemetry,
  telling,
  versions,
  watches,
} from './ports.ts'
import { wired } from './wired.ts'

export const watch = /* @__PURE__ */ wired('watch', () =>
  watchHandler({
    ...{ home: home(), clock, digest, log, trouble, journal: journal(), openReleases: openReleases() },
    ...{ queues: queues(), services: services(), history: history(), executions: executions(), leases: leases() },
    ...{ aliases: aliases(), versions: versions(), telemetry: telemetry(), watches: watches() },
    budgets: budgets(),
    pager: keepingPager({ ...{ clock, log, trouble }, ...telling() }),
  }),
)
export const observe = /* @__PURE__ */ wired('observe', () =>
  observeHandler({
    ...{ home: home(), clock, log, trouble, services: services(), observations: observations() },
    ...{ aliases: aliases(), versions: versions(), telemetry: telemetry(), prometheus: prometheus() },
    ...{ journal: journal(), history: history() },
  }),
)
