// The wiring of the functions that see to old versions: the one that says which may go, and the one that deletes them.
import { pruneHandler } from './listeners/prune.ts'
import { oldVersionsHandler } from './orders/old-versions.ts'
import {
  clock,
  deletedVersions,
  history,
  home,
  journal,
  oldVersions as versionsOfFunctions,
  openReleases,
  returns,
  services,
  versionRemoval,
} from './ports.ts'
import { log, trouble } from './instruments.ts'
import { wired } from './wired.ts'

const planning = () => ({
  ...{ clock, home: home(), services: services(), openReleases: openReleases(), returns: returns() },
  ...{ history: history(), journal: journal(), oldVersions: versionsOfFunctions(), deletedVersions: deletedVersions() },
})

export const oldVersions = /* @__PURE__ */ wired('oldVersions', () => oldVersionsHandler(planning()))
export const prune = /* @__PURE__ */ wired('prune', () =>
  pruneHandler({ ...planning(), log, trouble, versionRemoval: versionRemoval() }),
)
