// Flagger and Argo Rollouts: compare with an absolute threshold at an interval, and fail after a number of failed checks.
import { byMinute, candidateRate, isQuiet, type Rival, total } from './rival.ts'

const flaggerChecks = 5

/** Failed checks accumulate over the whole analysis; a check without data does not count. */
export const flagger: Rival = {
  name: 'flagger',
  about: 'Flagger: success of 99 % each minute, rolled back at 5 failed checks',
  judge: byMinute((upTo) => {
    const failed = upTo.filter((minute) => !isQuiet(minute) && candidateRate(minute) > 0.01).length
    if (failed >= flaggerChecks) return 'fail'
    return isQuiet(upTo.at(-1)) ? 'unknown' : 'pass'
  }),
}

const argoMinutes = 5
const argoFailures = 3

export const argo: Rival = {
  name: 'argo',
  about: 'Argo Rollouts, example of its documentation: success of 95 % every 5 minutes, more than 3 failures',
  judge: byMinute((upTo) => {
    let failures = 0
    for (let end = argoMinutes; end <= upTo.length; end += argoMinutes) {
      const window = total(upTo.slice(end - argoMinutes, end))
      if (window.candidateInvocations > 0 && candidateRate(window) > 0.05) failures++
    }
    if (failures > argoFailures) return 'fail'
    return upTo.length < argoMinutes || isQuiet(total(upTo.slice(-argoMinutes))) ? 'unknown' : 'pass'
  }),
}
