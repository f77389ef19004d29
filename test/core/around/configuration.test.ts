// What of two versions' configuration is said to differ, in which words, and what of it is never said.
import type { FunctionConfiguration } from '@aws-sdk/client-lambda'
import { describe, expect, it } from 'vitest'
import { configurationOf } from '../../../cloud/aws/version-configuration.ts'
import { Differences, differencesOf, differsSentences } from '../../../core/around/configuration.ts'

const layer = (name: string, version: number) => ({
  Arn: `arn:aws:lambda:eu-west-1:111122223333:layer:${name}:${version}`,
})

function compared(stable: FunctionConfiguration, candidate: FunctionConfiguration, codes = ['a', 'b']) {
  const [before = '', after = ''] = codes
  return differencesOf(
    { codeSha256: before, configuration: configurationOf(stable) },
    { codeSha256: after, configuration: configurationOf(candidate) },
  )
}
const said = (...args: Parameters<typeof compared>): string =>
  differsSentences([{ functionName: 'checkout', differs: compared(...args) }]).join(' ')

describe('what versions differ in', () => {
  it('is said with what it was and is, where that may be shown', () => {
    const words = said(
      { MemorySize: 512, Timeout: 3, Runtime: 'nodejs22.x', Layers: [layer('shared', 3), layer('old', 1)] },
      { MemorySize: 1024, Timeout: 3, Runtime: 'nodejs24.x', Layers: [layer('shared', 4), layer('new', 7)] },
    )
    expect(words).toBe(
      'Besides the code, this changed of checkout: layer 111122223333:new is new: 7, layer 111122223333:old is gone: it was 1, layer 111122223333:shared from 3 to 4, memory from 512 MB to 1024 MB, runtime from nodejs22.x to nodejs24.x.',
    )
  })

  it('of environment variables is their names alone', () => {
    const differs = compared(
      { Environment: { Variables: { DB_HOST: 'old.example.com', GONE: 'x', SAME: 's3cret' } } },
      { Environment: { Variables: { DB_HOST: 'new.example.com', NEW: 'y', SAME: 's3cret' } } },
    )
    expect(differsSentences([{ functionName: 'checkout', differs }])).toEqual([
      'Besides the code, this changed of checkout: environment variable DB_HOST changed, environment variable GONE is gone, environment variable NEW is new.',
    ])
    expect(JSON.stringify(differs)).not.toMatch(/example\.com|s3cret|[0-9a-f]{64}/)
  })

  it('is nothing where only the code, the description or the order of a list differs', () => {
    const VpcConfig = { SubnetIds: ['subnet-1', 'subnet-2'], SecurityGroupIds: ['sg-1'] }
    const other = { ...VpcConfig, SubnetIds: ['subnet-2', 'subnet-1'] }
    expect(compared({ Description: 'a', VpcConfig }, { Description: 'b', VpcConfig: other })).toBeUndefined()
  })

  it('says so if the code is the same', () => {
    expect(said({ MemorySize: 512 }, { MemorySize: 256 }, ['a', 'a'])).toBe(
      'The code is the same, and this changed of checkout: memory from 512 MB to 256 MB.',
    )
  })

  it('of variables that Lambda could not decrypt is not known, and that is said', () => {
    const denied = { Environment: { Error: { ErrorCode: 'AccessDeniedException', Message: 'no kms:Decrypt' } } }
    expect(said({ Environment: { Variables: { A: '1' } } }, denied)).toBe(
      'Of checkout: its environment variables were not compared: AccessDeniedException: no kms:Decrypt',
    )
    expect(said({ MemorySize: 1 }, { MemorySize: 2, ...denied })).toBe(
      'Besides the code, this changed of checkout: memory from 1 MB to 2 MB. Its environment variables were not compared: AccessDeniedException: no kms:Decrypt',
    )
  })

  it('is bounded, and what is foreign stays on its line', () => {
    const many = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`V${index}\n${'x'.repeat(200)}`, 'a']))
    const differs = compared({}, { Environment: { Variables: many }, Handler: `h\u001b[2J${'y'.repeat(500)}` })
    expect(Differences.parse(differs)).toEqual(differs)
    expect(differs).toMatchObject({ more: 31 })
    expect(differsSentences([{ functionName: 'checkout', differs }])[0]).not.toMatch(/\p{Cc}/u)
  })
})
