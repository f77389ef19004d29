// The wiring of functions that only read.
import { readHandler } from './reading/read.ts'
import { budgets, clock, history, journal, leases, line, openReleases, rest, services } from './ports.ts'
import { apiRoutes } from './routes.ts'
import { wired } from './wired.ts'

export const read = /* @__PURE__ */ wired('read', () =>
  readHandler(
    {
      ...{ clock, rest, journal: journal(), services: services(), leases: leases(), line: line() },
      ...{ history: history(), budgets: budgets(), openReleases: openReleases() },
    },
    apiRoutes,
  ),
)
