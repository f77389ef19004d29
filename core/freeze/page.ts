// The message about a release that is frozen: what failed, where the traffic is, and what a person can do.
import { lookThere } from '../around/changes.ts'
import { differsSentences } from '../around/configuration.ts'
import { aboutOwner, type Page, pageOf } from '../page.ts'
import { nameWords, quoted } from '../foreign-text.ts'
import { isOwn } from '../release/head.ts'
import { fixCommand } from './words.ts'
import { toldShareBp, type Release } from '../release/release.ts'

export function frozenSentence(release: Release): string {
  const { id, service, frozen } = release
  const why = frozen?.kind === 'oneWay' ? 'past its one-way step' : 'and a person decides'
  const still = frozen?.unfixed === undefined ? '' : 'still '
  return `Release ${id} of ${service.name} is ${still}frozen at ${toldShareBp(release) / 100} %, ${why}.`
}

export function frozenPage(release: Release): Page {
  const { id: releaseId, service, frozen, oneWay } = release
  const { by = 'unknown', because = '', kind = 'hold', atMs = 0, unfixed } = frozen ?? {}
  const about = {
    key: `release/${releaseId}/frozen/${atMs}${unfixed === undefined ? '' : `/${unfixed.by}`}`,
    service: service.name,
    releaseId,
    ...aboutOwner(service),
  }
  const lines = [
    `Why: ${isOwn(by) ? because : quoted(because, by)}`,
    `Decided by: ${isOwn(by) ? by : nameWords(by)}`,
    ...(unfixed === undefined ? [] : [`Its forward fix came to nothing: ${unfixed.because}`]),
    ...lookThere(release.around),
    ...differsSentences(release.targets),
  ]
  const see = `See why: tidegate log ${releaseId}`
  const goOn = `Go on in spite of it: tidegate resume ${service.name}`
  const sentence = frozenSentence(release)
  if (kind === 'hold')
    return pageOf('failHeld', about, {
      sentence,
      lines,
      next: [see, `Put it back: tidegate rollback ${service.name}`, goOn],
    })
  return pageOf('frozen', about, {
    sentence,
    lines: [
      ...lines,
      `There is no way back: ${quoted(oneWay?.reason ?? '')}.`,
      `The line of ${service.name} is stopped until a forward fix has all traffic.`,
    ],
    next: [see, `Release a forward fix: ${fixCommand(service.name, releaseId)}`, goOn],
  })
}
