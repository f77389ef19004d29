// The skill for agents is in the published format, by a library that is not ours, and names tools that exist; docs/agents.md has
// every tool.
import { readFileSync } from 'node:fs'
import { skillEntry } from '@modelcontextprotocol/server/ext/skills'
import { describe, expect, it } from 'vitest'
import { tools } from '../../cli/mcp/server.ts'
import { textOf } from './pages.ts'

const path = 'docs/skills/tidegate-incident/SKILL.md'
const skill = textOf(path)
const names = new Set(tools.map(({ name }) => name))

describe('the skill', () => {
  it('is one by the rules of agent skills: its name is that of its folder', async () => {
    const file = readFileSync(new URL(`../../${path}`, import.meta.url))
    const entry = await skillEntry('tidegate-incident', { 'SKILL.md': file })
    expect(entry.frontmatter).toMatchObject({ name: 'tidegate-incident', license: 'Apache-2.0' })
    await expect(skillEntry('tidegate', { 'SKILL.md': file })).rejects.toThrow()
    const { description, compatibility } = entry.frontmatter as Record<string, string>
    expect(description?.length).toBeLessThanOrEqual(1024)
    expect(compatibility?.length).toBeLessThanOrEqual(500)
    expect(skill.split('\n').length).toBeLessThan(500)
  })

  it('names tools that exist, and every one that an incident needs', () => {
    const words = [...skill.matchAll(/`([a-z_]+)`/g)].map(([, word = '']) => word)
    const others = ['now', 'signals', 'back', 'untrusted', 'person_decides', 'tidegate']
    expect(words.filter((word) => !names.has(word) && !others.includes(word))).toEqual([])
    for (const name of ['on_call', 'explain', 'put_back', 'pause', 'evidence', 'runbook', 'person_command'])
      expect(words, name).toContain(name)
  })
})

it('docs/agents.md has a row for every tool, and no other', () => {
  const table = /\| tool [\s\S]*?\n\n/.exec(textOf('docs/agents.md'))?.[0] ?? ''
  const listed = table
    .split('\n')
    .slice(2)
    .flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`(\w+)`/g)])
  expect(listed.map(([, name]) => name).sort()).toEqual([...names].sort())
})
