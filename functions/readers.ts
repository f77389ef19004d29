// The wiring of functions that only read.
import { widgetHandler } from './reading/widget.ts'
import {
  aliases,
  attestations,
  budgets,
  clock,
  history,
  journal,
  leases,
  line,
  observations,
  openReleases,
  outages,
  queues,
  rest,
  returns,
  services,
  waitingLists,
  watches,
} from './ports.ts'
import { readHandler } from './reading/read.ts'
import { apiRoutes } from './routes.ts'
import { wired } from './wired.ts'

const reading = () => ({
  ...{ clock, journal: journal(), services: services(), leases: leases(), line: line() },
  ...{ history: history(), budgets: budgets() },
})

export const read = /* @__PURE__ */ wired('read', () =>
  readHandler(
    { ...reading(), rest, openReleases: openReleases(), observations: observations(), watches: watches() },
    apiRoutes,
  ),
)
export const widget = /* @__PURE__ */ wired('widget', () =>
  widgetHandler({
    ...reading(),
    ...{
      attestations: attestations(),
      queues: queues(),
      waitingLists: waitingLists(),
      aliases: aliases(),
      outages: outages(),
      returns: returns(),
    },
  }),
)
