// Approvals, and the provenance of a candidate.
import { afterEach, describe, expect, it } from 'vitest'
import { gatePoint } from '../../../core/release/gating.ts'
import {
  sandbox,
  type Changes,
  open,
  start,
  held,
  expectDenied,
  override,
  expectPasses,
  close,
} from './gate-sandbox.ts'
import { awayPort } from '../away.ts'
import { usesItsRights } from '../../lib/used-rights.ts'

usesItsRights()

afterEach(close)

describe('an approval', () => {
  const begin = { gates: { approvals: [{ before: 'begin' }] } }
  const say = (by: string, more: Changes = {}) => sandbox.ask('approve', { service: 'checkout', by, ...more })

  it('that is missing holds the release; its requester may not give it, another person may', async () => {
    await open(begin)
    const id = await start({ author: 'ann' })
    await expectDenied(
      id,
      ['approvals'],
      /^0 of 1 approvals before it begins, not by whoever asked for it; rejected in 1d$/,
    )
    await expect(say('ann')).rejects.toMatchObject({
      name: 'Tidegate.approval_refused',
      message: `user/ann may not approve release ${id}: Who asked for a release does not approve it.`,
    })
    await expectDenied(id, ['approvals'], /0 of 1/)
    await say('ben', { reason: 'looked at it' })
    await expectPasses(id)
    expect(await sandbox.events(id)).toContainEqual(
      expect.objectContaining({
        type: 'approved',
        beforeBp: 0,
        by: 'user/ben',
        answer: 'approve',
        reason: 'looked at it',
      }),
    )
  })

  it('by two needs two people, and only those who are named', async () => {
    await open({ gates: { approvals: [{ before: 'begin', count: 2, by: ['ben', 'cem'], fourEyes: false }] } })
    const id = await start({ author: 'ben' })
    await say('ben')
    await expect(say('ben')).rejects.toMatchObject({
      message: expect.stringContaining('another one is needed') as string,
    })
    await expect(say('dan')).rejects.toMatchObject({ message: expect.stringContaining('names them') as string })
    await sandbox.clock.settle()
    await expectDenied(id, ['approvals'], /^1 of 2 approvals before it begins, by ben or cem/)
    await say('cem')
    await expectPasses(id)
  })

  it('that is declined ends the release, and traffic goes back', async () => {
    await open({ gates: { approvals: [{ before: 50 }] } })
    const id = await start({ author: 'ann' })
    await sandbox.minutes(12)
    const release = await sandbox.release(id)
    expect(release).toMatchObject({ state: { phase: 'shifting', step: 1 }, held: { gates: ['approvals'] } })
    expect(release.held?.because).toMatch(/^0 of 1 approvals before 50 %/)
    await say('ben', { answer: 'decline', reason: 'not today' })
    expect((await sandbox.finish(id, 5)).ending).toMatchObject({
      outcome: 'rolledBack',
      because: 'user/ben has declined',
      by: 'gate',
    })
    expect(await sandbox.alias()).toMatchObject({ version: '1', weights: {} })
  })

  it('belongs to the release and to the weight that it is for', async () => {
    await open({ gates: { approvals: [{ before: 'begin' }, { before: 100 }] } })
    const id = await start({ author: 'ann' })
    await say('ben')
    await sandbox.minutes(12)
    expect(await held(id)).toMatchObject({ point: 1, gates: ['approvals'] })
    await expect(say('ben', { before: 'begin' })).rejects.toMatchObject({ name: 'Tidegate.verb_not_now' })
    await say('ben', { before: 100 })
    expect((await sandbox.finish(id)).ending?.outcome).toBe('promoted')
    const next = await sandbox.start({ version: await sandbox.publish('v1'), author: 'ann' })
    expect(await held(next)).toMatchObject({ gates: ['approvals'] })
  })

  it('that is given while CloudWatch does not answer moves nothing: the evidence has to pass once more', async () => {
    const { away, options } = awayPort()
    await open({ gates: { approvals: [{ before: 50 }] } }, options)
    const id = await start({ author: 'ann' })
    await sandbox.minutes(12)
    expect(await held(id)).toMatchObject({ point: 1, gates: ['approvals'] })
    away.add('CloudWatch')
    await sandbox.minutes(8)
    await say('ben')
    await sandbox.minutes(3)
    expect(await sandbox.alias()).toMatchObject({ version: '1', weights: { '2': 0.1 } })
    expect((await sandbox.release(id)).state).toMatchObject({ phase: 'baking', step: 0 })
    away.clear()
    expect((await sandbox.finish(id)).ending?.outcome).toBe('promoted')
  })

  it.each([
    ['reject', 'rejected'],
    ['approve', 'promoted'],
  ])('that nobody gives in time means %s', async (whenExpired, outcome) => {
    await open({ gates: { approvals: [{ before: 'begin', expires: '30m', whenExpired }] } })
    const id = await start({ author: 'ann' })
    await sandbox.minutes(29)
    await expectDenied(id, ['approvals'], /in 1m/)
    expect((await sandbox.finish(id)).ending?.outcome).toBe(outcome)
  })

  it('cannot be overridden', async () => {
    await open(begin)
    const id = await start({ author: 'ann' })
    await override(id)
    await sandbox.clock.settle()
    await expectDenied(id, ['approvals'], /0 of 1/)
  })
})

describe('provenance', () => {
  const attest = (facts: Changes) => sandbox.ask('attest', { subject: 'version/checkout:2', by: 'ci', ...facts })
  const cases: readonly [string, Changes, RegExp, Changes, Changes][] = [
    ['a commit', { commit: true }, /^it names no commit$/, { flags: ['x'] }, { commit: '4f2a91c' }],
    [
      'tests',
      { tests: true },
      /^no tests are attested$/,
      { tests: { passed: 10, failed: 1, skipped: 0 } },
      { tests: { passed: 11, failed: 0, skipped: 0 } },
    ],
    [
      'a scan',
      { scan: { critical: 0, high: 2 } },
      /^it has not been scanned$/,
      { scan: { critical: 0, high: 3, medium: 0, low: 0 } },
      { scan: { critical: 0, high: 2, medium: 9, low: 9 } },
    ],
  ]

  it.each(cases)(
    '%s that is required and missing holds the release until it is there',
    async (_, provenance, sentence, bad, good) => {
      await open({ gates: { provenance } })
      const id = await start()
      await expectDenied(id, ['provenance'], sentence)
      await override(id)
      await attest(bad)
      await sandbox.minutes(2)
      await expectDenied(
        id,
        ['provenance'],
        /^(it names no commit|1 tests failed|it was scanned with 0 critical and 3 high findings)$/,
      )
      // A failure stands until the same caller says why not.
      await attest({ ...good, replaces: 'run again' })
      await sandbox.minutes(2)
      expect((await sandbox.finish(id)).ending?.outcome).toBe('promoted')
    },
  )

  it('the signature of a version is checked with Lambda before the release begins', async () => {
    await open({ gates: { provenance: { signed: true } } })
    const id = await start()
    await expectDenied(id, ['provenance'], /^its code is not signed$/)
  })

  it('the signature of an artifact is checked once it is a version, before the first step', async () => {
    await open({ gates: { provenance: { signed: true } } })
    await sandbox.upload('v2')
    await sandbox.minutes(2)
    const [{ releaseId } = { releaseId: '' }] = (await sandbox.world.openReleases.list('checkout')).items
    const release = await sandbox.release(releaseId)
    expect(release.held).toMatchObject({ point: 0, because: 'its code is not signed' })
    expect(gatePoint(release)).toBe(0)
    expect(await sandbox.alias()).toMatchObject({ version: '1', weights: {} })
  })
})
