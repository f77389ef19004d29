// What a person is told of an error: a code, a sentence and what to do, for whatever AWS, the network and the machine throw.
import { describe, expect, it } from 'vitest'
import { explained } from '../../../cli/backend/explained.ts'
import { asProblem } from '../../../cloud/aws/failure.ts'
import { Problem, problems } from '../../../core/problem.ts'

const failed = (name: string, message: string, more: object = {}): Error =>
  Object.assign(new Error(message), { name, ...more })
const ofTable = (error: Error): Problem => asProblem(error, 'dynamodb:Query of OPEN')
const here = { AWS_ENDPOINT_URL: 'http://127.0.0.1:9' }

describe('an error of AWS', () => {
  it.each([
    [
      'no credentials',
      failed('CredentialsProviderError', 'Could not load credentials from any providers'),
      'credentials_missing',
    ],
    ['an expired session', failed('ExpiredTokenException', 'The security token is expired'), 'credentials_refused'],
    ['keys of nobody', failed('UnrecognizedClientException', 'The security token is invalid'), 'credentials_refused'],
    ['no region', failed('Error', 'Region is missing'), 'region_missing'],
    [
      'an empty region',
      failed('Error', 'Region not accepted: region="" is not a valid hostname component.'),
      'region_missing',
    ],
    ['no table', failed('ResourceNotFoundException', 'Requested resource not found'), 'table_missing'],
    [
      'no such host',
      failed('Error', 'getaddrinfo ENOTFOUND x', { code: 'ENOTFOUND', syscall: 'getaddrinfo' }),
      'endpoint_unreachable',
    ],
    ['both addresses of localhost', failed('AggregateError', '', { code: 'ECONNREFUSED' }), 'endpoint_unreachable'],
    ['no connection in time', failed('TimeoutError', 'Socket timed out'), 'endpoint_unreachable'],
    ['no URL', failed('TypeError', 'Invalid URL'), 'endpoint_unreachable'],
    ['anything else', failed('InternalServerError', 'oops'), 'aws_unavailable'],
  ] as const)('for %s', (_, error, code) => {
    const found = explained(ofTable(error), here)
    expect(found).toMatchObject({ code, fix: problems[code] })
    expect(found?.message).toMatch(/\.$|: .*/)
  })

  it('names the table and the address that were asked for', () => {
    const missing = ofTable(failed('ResourceNotFoundException', 'Requested resource not found'))
    expect(explained(missing, { TIDEGATE_TABLE: 'zzz' })?.message).toBe(
      'There is no table zzz in this account and region.',
    )
    const refused = ofTable(failed('Error', 'connect', { code: 'ECONNREFUSED', syscall: 'connect' }))
    expect(explained(refused, here)?.message).toBe('Nothing answers at http://127.0.0.1:9 (ECONNREFUSED).')
  })

  it('that denies is about the right of the caller, and from the controller about that of its role', () => {
    const own = asProblem(failed('AccessDeniedException', 'no identity-based policy allows it'), 'lambda:ListFunctions')
    expect(explained(own, {})).toMatchObject({
      ...{ code: 'permission_denied', fix: expect.stringMatching(/^You are denied it.*your user or role/) as unknown },
    })
    const { message } = own
    expect(explained(new Problem('permission_denied', message), {})?.fix).toBe(problems.permission_denied)
  })

  it('is no missing table if something else is missing', () => {
    const error = asProblem(failed('ResourceNotFoundException', 'Function not found'), 'lambda:GetAlias of a:live')
    expect(explained(error, here)?.code).toBe('aws_unavailable')
  })

  it('of the door is about keys if it does not know the caller, and else about the right', () => {
    const of = (message: string) => explained(new Problem('route_refused', message), {})?.code
    expect(of('POST /pause/a is not allowed: The security token included in the request is expired.')).toBe(
      'credentials_refused',
    )
    expect(of('POST /pause/a is not allowed: Forbidden.')).toBe('route_refused')
  })
})

describe('an error of the machine', () => {
  it('names the port or the file', () => {
    const taken = failed('Error', 'listen EADDRINUSE', { code: 'EADDRINUSE', syscall: 'listen', port: 4599 })
    expect(explained(taken, {})).toMatchObject({
      code: 'port_unusable',
      message: 'Port 4599 cannot be used: another program has it.',
    })
    const file = failed('Error', 'ENOENT', { code: 'ENOENT', syscall: 'open', path: '/none/x.html' })
    expect(explained(file, {})).toMatchObject({
      code: 'file_unusable',
      message: 'The file /none/x.html cannot be written or read (ENOENT).',
    })
  })

  it('keeps its own way out where it is no file', () => {
    const taken = failed('Error', 'listen EADDRINUSE', { code: 'EADDRINUSE', syscall: 'listen', port: 4601 })
    const problem = new Problem('port_unusable', 'Port 4601 cannot be used.', { cause: taken })
    expect(explained(problem, {})?.fix).toContain('--port')
  })

  it('while a file is read says to look for the file, and keeps the code', () => {
    const cause = failed('Error', 'ENOENT', { code: 'ENOENT', syscall: 'open', path: 'x.yaml' })
    const problem = new Problem('definition_invalid', 'The file x.yaml cannot be read.', { cause })
    expect(explained(problem, {})).toEqual({
      code: 'definition_invalid',
      message: 'The file x.yaml cannot be read.',
      fix: 'Check the name of the file, and that you may read it.',
    })
  })
})

it('an error that nobody has foreseen is not explained', () => {
  expect(explained(new TypeError('x is not a function'), {})).toBeUndefined()
  expect(explained('thrown', {})).toBeUndefined()
})
