// A chat takes what is exactly of the form that AWS documents, and drops the rest without a word. So every message is of that
// form, whatever others wrote into it. The form is written here from AWS's page, "Custom notifications", without our code.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { chatMessageOf } from '../../../core/message/chat.ts'
import { pageKinds, pageOf } from '../../../core/page.ts'
import { hostile } from '../hostile.ts'

const text = (max: number) => z.string().min(1).max(max)
const CustomNotification = z.strictObject({
  version: z.literal('1.0'),
  source: z.literal('custom'),
  id: z.string().optional(),
  content: z.strictObject({
    textType: z.literal('client-markdown').optional(),
    title: text(250).optional(),
    description: text(8000),
    nextSteps: z.array(text(350)).optional(),
    keywords: z.array(text(75)).optional(),
  }),
  metadata: z
    .strictObject({
      threadId: z.string(),
      summary: z.string(),
      eventType: z.string(),
      relatedResources: z.array(z.string()),
      additionalContext: z.record(z.string(), z.string()),
      enableCustomActions: z.boolean(),
    })
    .partial(),
})

const about = { key: 'release/checkout-1/ended', service: 'checkout', releaseId: 'checkout-1' }
const owner = { name: 'Team Shop', contact: '+49 30 1234' }

it('says what happened, what to do, and in which thread', () => {
  const page = pageOf(
    'interrupted',
    { ...about, owner, runbook: 'https://runbooks.example/a' },
    {
      sentence: 'Release checkout-1 of checkout was interrupted.',
      lines: ['Why: x'],
      next: ['tidegate rollback checkout'],
    },
  )
  expect(chatMessageOf(page, 'https://console.example')).toEqual({
    version: '1.0',
    source: 'custom',
    id: 'release/checkout-1/ended',
    content: {
      textType: 'client-markdown',
      title: 'Page: Release checkout-1 of checkout was interrupted.',
      description: 'Release checkout-1 of checkout was interrupted.\nOwner: "Team Shop", "+49 30 1234"\nWhy: x',
      nextSteps: [
        'tidegate rollback checkout',
        'See it: https://console.example/release/checkout-1',
        'Runbook: https://runbooks.example/a',
        'What to do: docs/operate.md#interrupted',
      ],
      keywords: ['interrupted', 'checkout', 'Team Shop'],
    },
    metadata: {
      threadId: 'checkout-1',
      summary: 'Release checkout-1 of checkout was interrupted.',
      eventType: 'interrupted',
      relatedResources: ['checkout-1', 'checkout'],
      additionalContext: { kind: 'interrupted', releaseId: 'checkout-1', service: 'checkout' },
      enableCustomActions: true,
    },
  })
})

describe('the words of others', () => {
  const any = fc.oneof(
    hostile,
    fc.string({ unit: 'binary', maxLength: 3000 }),
    fc.nat(600).map((times) => '<!channel> [x](y) &'.repeat(times)),
  )

  it('make no message that is of another form, mention nobody and link nowhere', () => {
    fc.assert(
      fc.property(fc.constantFrom(...pageKinds), any, any, any, (kind, sentence, line, step) => {
        const key = `k${line}`
        const who = { name: sentence.slice(0, 80) || 'x', contact: line.slice(0, 200) || 'x', channel: '#a' }
        const page = pageOf(
          kind,
          { ...about, key, owner: who, runbook: `https://runbooks.example/${line.slice(0, 1900)}` },
          { sentence: `${sentence}.`, lines: [line, line, line], next: [step, step] },
        )
        const sent = JSON.stringify(chatMessageOf(page, 'https://console.example'))
        const { content, metadata } = CustomNotification.parse(JSON.parse(sent))
        const shown = [content.title, content.description, ...(content.nextSteps ?? []), ...(content.keywords ?? [])]
        for (const part of [...shown, metadata.summary]) {
          expect(part).not.toMatch(/[<>]|&(?!amp;|lt;|gt;)|\]\(/)
        }
        expect(Buffer.byteLength(sent)).toBeLessThan(262_144)
        // What Slack shows without cutting, whatever Amazon Q makes of the parts.
        expect(shown.slice(0, 2).join('').length + (content.nextSteps ?? []).join('').length).toBeLessThan(4000)
        expect(content.description.length).toBeLessThanOrEqual(3000)
      }),
      { numRuns: 300 },
    )
  })

  it('do not come into a command: a custom action gets names of our own form alone', () => {
    fc.assert(
      fc.property(any, (releaseId) => {
        const page = pageOf('logChanged', { key: 'k', releaseId }, { sentence: 's' })
        const { additionalContext } = chatMessageOf(page).metadata
        expect(Object.values(additionalContext).join('')).toMatch(/^[A-Za-z0-9-]+$/)
      }),
    )
  })

  it('do not push out what matters: the sentence, how to put it back and the links are in front, and the rest is cut', () => {
    const long = '<!channel> & '.repeat(150)
    const page = pageOf(
      'notBack',
      { ...about, owner, runbook: `https://runbooks.example/${'x'.repeat(1900)}` },
      {
        sentence: `Not back: ${long}`,
        lines: Array.from({ length: 100 }, () => long),
        next: ['tidegate rollback checkout', ...Array.from({ length: 60 }, () => 'x'.repeat(300))],
      },
    )
    const { title, description, nextSteps } = chatMessageOf(page, 'https://console.example').content
    expect(title).toMatch(/^Page: Not back: /)
    expect(description).toMatch(/^Not back: &lt;!channel&gt; .*\.\.\.\nOwner: "Team Shop"/)
    expect(description).toContain('\n... the e-mail has more.')
    expect(nextSteps[0]).toBe('tidegate rollback checkout')
    expect(nextSteps).toContain('See it: https://console.example/release/checkout-1')
    expect(nextSteps.at(-1)).toBe('What to do: docs/operate.md#notBack')
    expect([title, description, ...nextSteps].join('').length).toBeLessThan(4000)
  })

  it('do not cut a command: what is too long for a step stands whole, or only in the e-mail', () => {
    const command = (length: number): string => `aws lambda update-alias ${'x'.repeat(length)} end`
    const shown = (next: readonly string[]): string => {
      const { content } = chatMessageOf(pageOf('notBack', about, { sentence: 's', next }))
      return [content.description, ...content.nextSteps].join('\n')
    }
    expect(shown([command(300), command(900)])).toContain(command(900))
    const many = Array.from({ length: 40 }, () => command(900))
    const lines = shown(many).split('\n')
    expect(lines.filter((line) => line.startsWith('aws')).every((line) => line.endsWith(' end'))).toBe(true)
    expect(lines).toContain('... the e-mail has more.')
  })
})
