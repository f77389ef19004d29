// Every message, with hostile text in every field that comes from outside, as SNS gets it: nothing of it ends a line, forges one,
// or makes the message one that SNS or a chat does not take. How a chat's form is kept: chat.test.ts.
import type { PublishCommand, SNSClient } from '@aws-sdk/client-sns'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { awsMessenger } from '../../../cloud/aws/messenger.ts'
import { burnPage } from '../../../core/budget/page.ts'
import type { Kept } from '../../../core/message/kept.ts'
import { together } from '../../../core/message/together.ts'
import { Owner } from '../../../core/owner.ts'
import { Page, pageKinds, severityOf } from '../../../core/page.ts'
import {
  alsoFiringPage,
  answersAgainPage,
  awayPage,
  endedWithoutLogPage,
  endPage,
  logChangedPage,
  notBackPage,
  notBackWithoutLogPage,
  putBackAlonePage,
} from '../../../core/release/pages.ts'
import { lateFaultPage } from '../../../core/watch/words.ts'
import { frozenPage } from '../../../core/freeze/page.ts'
import type { Release } from '../../../core/release/release.ts'
import { hostile, rawIn } from '../hostile.ts'
import { prepared, t0, verdict } from '../sample.ts'

const seed = Number(process.env['SEED'] ?? 20261126)
const consoleUrl = 'https://console.example'

/** Every message that Tidegate has, of which others wrote these words. */
function messages(text: string, name: string): readonly Page[] {
  const plain = prepared()
  // What a definition lets in.
  const named = Owner.safeParse({ name: `<b>${name}`.slice(0, 80), contact: `"${text}`.slice(0, 200) })
  const owner = named.data ?? { name: '<!channel>', contact: '[x](y)' }
  const runbook = `https://runbooks.example/${text.slice(0, 500)}`
  const service = { ...plain.service, owner, runbook }
  const ended = (outcome: 'rolledBack' | 'interrupted' | 'rejected' | 'aborted'): Release => ({
    ...{ ...plain, service, ending: { outcome, because: text, by: name } },
    alarmDoubt: { alarm: name, state: 'missing', atMs: t0 } as never,
  })
  const record = { ...plain, releaseId: plain.id, service: 'checkout', owner, runbook, beganAtMs: t0 } as never
  const oneWay = { reason: text, atMs: t0, weightBp: 5000 }
  const outage = { part: 'Lambda', sinceMs: t0, because: text } as const
  const pages: readonly Page[] = [
    ...(['rolledBack', 'interrupted', 'rejected', 'aborted'] as const).map((outcome) => endPage(ended(outcome))),
    alsoFiringPage(ended('rolledBack'), [`a${text}`, `b${name}`], text),
    notBackPage('checkout-1', record, text),
    notBackWithoutLogPage(record, [text, name]),
    endedWithoutLogPage(record, { by: name }, [text]),
    ...(['oneWay', 'hold'] as const).map((kind) =>
      frozenPage({ ...ended('rolledBack'), oneWay, frozen: { kind, by: name, because: text, atMs: t0 } }),
    ),
    ...([{ kind: 'asks' }, { kind: 'notBack', because: text }] as const).map((answered) => {
      const end = {
        how: 'fault',
        because: text,
        seenMinutes: 60,
        minutes: 1440,
        invocations: 1,
        bad: 1,
        expected: 0,
      } as const
      return lateFaultPage({ ...plain, service }, { ...end, atMs: t0 + 3_600_000 }, t0, answered)
    }),
    lateFaultPage(
      { ...plain, service, oneWay },
      { how: 'fault', because: text, seenMinutes: 5, minutes: 60, invocations: 1, bad: 1, expected: 0, atMs: t0 },
      t0,
      { kind: 'asks' },
    ),
    putBackAlonePage({
      ...{ ...plain, service, verdict: { ...verdict('fail'), because: text } },
      targets: plain.targets.map((target) => ({ ...target, backMs: t0 })),
    }),
    logChangedPage(text, [text, name], 'announce'),
    awayPage(outage, [text]),
    answersAgainPage(outage),
    ...(['page', 'ticket'] as const).map((severity) => {
      const rule = { severity, hours: 1, shortMinutes: 5, share: 0.02 } as never
      return burnPage(service, text, { rule, rate: 20, factor: 14.4 }, { releaseId: 'checkout-1' })
    }),
  ]
  const kept = pages.map((page): Kept => ({
    page,
    keptAtMs: t0,
    dueAtMs: t0,
    waits: 'quiet',
    group: text.slice(0, 400) || 'x',
    sent: [],
  }))
  const [first, ...more] = kept
  const firing = kept
    .filter(({ page }) => page.kind === 'alsoFiring')
    .map((one) => ({ ...one, waits: 'cause' as const }))
  const [one, two] = [...firing, ...firing]
  return [
    ...pages,
    ...(first === undefined ? [] : [together([first, ...more])]),
    ...(one === undefined || two === undefined ? [] : [together([one, two])]),
    ...(first === undefined
      ? []
      : [
          together([
            { ...first, waits: 'cause', overAtMs: t0 },
            { ...first, waits: 'cause' },
          ]),
        ]),
  ]
}

async function published(page: Page): Promise<readonly PublishCommand['input'][]> {
  const sent: PublishCommand['input'][] = []
  const send = ({ input }: PublishCommand) => Promise.resolve(void sent.push(input))
  const topics = { page: 'arn:page', ticket: 'arn:ticket', chat: 'arn:chat' }
  const messenger = awsMessenger({ send } as unknown as SNSClient, topics, consoleUrl)
  for (const channel of messenger.channels) await messenger.send(page, channel)
  return sent
}

const long = fc.nat(400).map((times) => '\u{1f680}<!channel> \u202e"\\\n'.repeat(times))
const any = fc.oneof({ weight: 4, arbitrary: hostile }, { weight: 1, arbitrary: long })

it('is text, of as many lines as Tidegate has written, on the topic that its kind is for', async () => {
  const plain = messages('x', 'y')
  expect(new Set(plain.map(({ kind }) => kind))).toEqual(new Set(pageKinds))
  await fc.assert(
    fc.asyncProperty(any, any, async (text, name) => {
      for (const [index, page] of messages(text, name).entries()) {
        // It is kept before it is sent.
        expect(Page.safeParse(page).error).toBeUndefined()
        const [mail, chat, ...none] = await published(page)
        expect(none).toEqual([])
        expect(mail?.TopicArn).toBe(`arn:${severityOf(page.kind)}`)
        expect(mail?.Subject).toMatch(/^[\x21-\x7e][\x20-\x7e]{0,98}$/)
        const lines = (mail?.Message ?? '').split('\n')
        expect(lines.flatMap(rawIn)).toEqual([])
        // No field of others adds a line: each has the words of ours at its beginning, or is the only one of its kind.
        expect([page.kind, lines.length]).toEqual([page.kind, linesOf(plain[index])])
        expect(rawIn(page.key)).toEqual([])
        expect(lines.at(-1)).toBe(`What to do: docs/operate.md#${page.kind}`)
        expect(lines.filter((line) => line.startsWith('See it: '))).toHaveLength(1)
        for (const body of [mail?.Message ?? '', chat?.Message ?? ''])
          expect(Buffer.byteLength(body)).toBeLessThan(262_144 - 200)
        expect(chat).toEqual({ TopicArn: 'arn:chat', Message: expect.stringContaining('"source":"custom"') as string })
      }
    }),
    { seed, numRuns: 25 },
  )
})

const linesOf = (page: Page | undefined): number => {
  const { lines = [], next = [], owner, runbook } = page ?? {}
  return lines.length + next.length + (owner === undefined ? 0 : 1) + (runbook === undefined ? 0 : 1) + 2
}
