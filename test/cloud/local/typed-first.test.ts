// What people type first, and what they get wrong: lists, who am I, policies of functions, inspecting objects before downloading
// them. The e2e tests (npm run e2e) type the same into third-party command lines.
import {
  AddPermissionCommand,
  CreateAliasCommand,
  CreateFunctionCommand,
  GetFunctionCommand,
  GetFunctionConfigurationCommand,
  GetPolicyCommand,
  type LambdaClient,
  ListFunctionsCommand,
  ListVersionsByFunctionCommand,
  RemovePermissionCommand,
  UpdateAliasCommand,
} from '@aws-sdk/client-lambda'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { zipSync } from 'fflate'
import { steppedClock } from '../../../cloud/local/time/clock.ts'
import { type LocalCloud, localCloud } from '../../../cloud/local/cloud.ts'
import { inProcessRuntime } from '../../../cloud/local/runtime/in-process-runtime.ts'
import { clientsAt, placeOf } from '../../../local/clients.ts'

let cloud: LocalCloud
let lambda: LambdaClient
beforeEach(() => {
  const clock = steppedClock(Date.UTC(2026, 0, 1))
  cloud = localCloud({ clock, runtime: inProcessRuntime({}, clock) })
  lambda = clientsAt(placeOf(cloud.handler, 'ann')).lambda
})
afterEach(() => cloud.close())

const create = (FunctionName: string, more: object = {}) =>
  lambda.send(
    new CreateFunctionCommand({
      ...{ FunctionName, Role: 'arn:aws:iam::000000000000:role/r', Handler: 'index.handler', Runtime: 'nodejs24.x' },
      Code: { ZipFile: new TextEncoder().encode('v1') },
      ...more,
    }),
  )
const arn = (name: string): string => `arn:aws:lambda:us-east-1:000000000000:function:${name}`

describe('Lambda', () => {
  it('reports a function as Pending in the answer that creates it, and as Active afterwards', async () => {
    expect(await create('a')).toMatchObject({ State: 'Pending', StateReasonCode: 'Creating' })
    const found = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName: 'a' }))
    expect(found).toMatchObject({ State: 'Active', LastUpdateStatus: 'Successful' })
    expect(found.StateReason).toBeUndefined()
  })

  it('puts the alias, the version or $LATEST of the request into the ARN', async () => {
    await create('a', { Publish: true })
    await lambda.send(new CreateAliasCommand({ FunctionName: 'a', Name: 'live', FunctionVersion: '1' }))
    for (const [Qualifier, expected] of [
      [undefined, 'a'],
      ['live', 'a:live'],
      ['1', 'a:1'],
      ['$LATEST', 'a:$LATEST'],
    ] as const) {
      const named = { FunctionName: 'a', Qualifier }
      const { FunctionArn } = await lambda.send(new GetFunctionConfigurationCommand(named))
      const { Configuration } = await lambda.send(new GetFunctionCommand(named))
      expect([FunctionArn, Configuration?.FunctionArn]).toEqual([arn(expected), arn(expected)])
    }
    const { Versions } = await lambda.send(new ListVersionsByFunctionCommand({ FunctionName: 'a' }))
    expect(Versions?.map((version) => version.FunctionArn)).toEqual([arn('a:$LATEST'), arn('a:1')])
  })

  it('has its own error text for an alias that does not exist', async () => {
    await create('a')
    await expect(
      lambda.send(new UpdateAliasCommand({ FunctionName: 'a', Name: 'live', FunctionVersion: '$LATEST' })),
    ).rejects.toMatchObject({ name: 'ResourceNotFoundException', message: `Alias not found: ${arn('a:live')}` })
  })

  it('lists functions, page by page, and all their versions on request', async () => {
    for (const name of ['a', 'b', 'c']) await create(name, { Publish: name === 'b' })
    const first = await lambda.send(new ListFunctionsCommand({ MaxItems: 2 }))
    const second = await lambda.send(new ListFunctionsCommand({ Marker: first.NextMarker }))
    expect([first, second].map((page) => page.Functions?.map((fn) => fn.FunctionName))).toEqual([['a', 'b'], ['c']])
    expect(second.NextMarker).toBeUndefined()
    const all = await lambda.send(new ListFunctionsCommand({ FunctionVersion: 'ALL' }))
    expect(all.Functions?.map((fn) => `${fn.FunctionName ?? ''} ${fn.Version ?? ''}`)).toContain('b 1')
  })

  it('keeps the policy of a function, statement by statement', async () => {
    await create('a')
    const policy = async () => (await lambda.send(new GetPolicyCommand({ FunctionName: 'a' }))).Policy ?? ''
    const missing = { name: 'ResourceNotFoundException', message: 'The resource you requested does not exist.' }
    await expect(policy()).rejects.toMatchObject(missing)
    const permission = new AddPermissionCommand({
      ...{ FunctionName: 'a', StatementId: 's3', Action: 'lambda:InvokeFunction', Principal: 's3.amazonaws.com' },
      SourceArn: 'arn:aws:s3:::artifacts',
    })
    await lambda.send(permission)
    await expect(lambda.send(permission)).rejects.toMatchObject({ name: 'ResourceConflictException' })
    expect(JSON.parse(await policy())).toMatchObject({
      Statement: [
        {
          ...{ Sid: 's3', Principal: { Service: 's3.amazonaws.com' }, Resource: arn('a') },
          Condition: { ArnLike: { 'AWS:SourceArn': 'arn:aws:s3:::artifacts' } },
        },
      ],
    })
    await lambda.send(new RemovePermissionCommand({ FunctionName: 'a', StatementId: 's3' }))
    await expect(policy()).rejects.toMatchObject(missing)
  })

  it('refuses a package that unpacks to more than its quota', async () => {
    const ZipFile = zipSync({ 'a.bin': new Uint8Array(1) })
    // The directory at the end of a zip states the unpacked sizes; this one overstates them.
    const directory = Buffer.from(ZipFile.buffer).lastIndexOf(Buffer.from([0x50, 0x4b, 1, 2]))
    new DataView(ZipFile.buffer).setUint32(directory + 24, 300_000_000, true)
    await expect(create('a', { Code: { ZipFile } })).rejects.toMatchObject({
      message: 'Unzipped size must be smaller than 262144000 bytes',
    })
  })

  it('refuses a package of more files than a plain zip can have', async () => {
    // An entry of the directory is repeated, which is all that is read of it. Zip64 states its own count.
    const one = zipSync({ a: new Uint8Array(1) })
    const view = Buffer.from(one)
    const at = view.lastIndexOf(Buffer.from([0x50, 0x4b, 1, 2]))
    const end = view.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]))
    const count = 65_536
    const entries = Buffer.concat(Array.from({ length: count }, () => view.subarray(at, end)))
    const zip64 = Buffer.alloc(76)
    zip64.set([0x50, 0x4b, 6, 6])
    zip64.writeBigUInt64LE(44n, 4)
    zip64.writeUInt32LE(count, 32)
    zip64.writeUInt32LE(at, 48)
    zip64.set([0x50, 0x4b, 6, 7], 56)
    zip64.writeUInt32LE(at + entries.length, 64)
    const last = Buffer.from(view.subarray(end))
    last.writeUInt16LE(0xffff, 8)
    last.writeUInt16LE(0xffff, 10)
    last.writeUInt32LE(0xffffffff, 16)
    const ZipFile = Buffer.concat([view.subarray(0, at), entries, zip64, last])
    await expect(create('a', { Code: { ZipFile } })).rejects.toMatchObject({
      message: 'The package has more than 65535 files.',
    })
  })
})

/** Calls like a user with curl. */
const call = (method: string, path: string, body = '', headers: Record<string, string> = {}) => {
  const [plain = '', query = ''] = path.split('?')
  const bytes = new TextEncoder().encode(body)
  return cloud.handler({ method, path: plain, query: new URLSearchParams(query), headers, body: bytes })
}

describe('S3', () => {
  beforeEach(async () => {
    await call('PUT', '/artifacts')
    for (const key of ['a/1.zip', 'a/2.zip', 'b.zip', 'c&d.zip'])
      await call('PUT', `/artifacts/${encodeURIComponent(key).replace('%2F', '/')}`, key)
  })
  const text = async (path: string) => String((await call('GET', path)).body)
  const all = (body: string, name: string) =>
    [...body.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g'))].map((m) => m[1])

  it('lists buckets, objects, and common prefixes up to a delimiter', async () => {
    expect(all(await text('/'), 'Name')).toEqual(['artifacts'])
    expect(all(await text('/artifacts?list-type=2'), 'Key')).toEqual(['a/1.zip', 'a/2.zip', 'b.zip', 'c&#38;d.zip'])
    const folded = await text('/artifacts?list-type=2&delimiter=/')
    expect([all(folded, 'Key'), all(folded, 'Prefix')]).toEqual([
      ['b.zip', 'c&#38;d.zip'],
      ['', 'a/'],
    ])
    expect(all(await text('/artifacts?list-type=2&prefix=a/&delimiter=/'), 'Key')).toEqual(['a/1.zip', 'a/2.zip'])
    expect((await call('GET', '/nobodys?list-type=2')).status).toBe(404)
  })

  it('lists page by page, and nothing twice', async () => {
    const seen: (string | undefined)[] = []
    for (let token: string | undefined = ''; token !== undefined;) {
      const page: string = await text(`/artifacts?list-type=2&max-keys=1&delimiter=/&continuation-token=${token}`)
      seen.push(...all(page, 'Key'), ...all(page.slice(page.indexOf('<CommonPrefixes>')), 'Prefix'))
      token = all(page, 'NextContinuationToken')[0]
    }
    expect(seen).toEqual(['a/', 'b.zip', 'c&#38;d.zip'])
  })

  it("reports an object's size before it is downloaded, and serves byte ranges", async () => {
    const head = await call('HEAD', '/artifacts/b.zip')
    expect([head.status, head.headers['content-length'], head.body]).toEqual([200, '5', ''])
    const part = await call('GET', '/artifacts/b.zip', '', { range: 'bytes=2-3' })
    expect([part.status, Buffer.from(part.body).toString(), part.headers['content-range']]).toEqual([
      206,
      'zi',
      'bytes 2-3/5',
    ])
    expect((await call('GET', '/artifacts/b.zip', '', { range: 'bytes=9-' })).status).toBe(416)
  })

  it('answers an undecodable address with an error of its own', async () => {
    const answer = await call('GET', '/artifacts/%zz')
    expect([answer.status, String(answer.body)]).toEqual([400, expect.stringContaining('<Code>InvalidURI</Code>')])
    expect(String(answer.body)).not.toContain('at ')
  })
})

describe('the caller', () => {
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  const signed = (key: string, service = 'sts') => ({
    ...form,
    authorization: `AWS4-HMAC-SHA256 Credential=${key}/20260101/us-east-1/${service}/aws4_request`,
  })

  it('is the one in the credentials, and anonymous without any', async () => {
    const ask = async (headers: Record<string, string>) =>
      String((await call('POST', '/', 'Action=GetCallerIdentity&Version=2011-06-15', headers)).body)
    expect(await ask(signed('ann'))).toContain('<Arn>arn:aws:iam::000000000000:user/ann</Arn>')
    expect(await ask(signed('role.deployer'))).toContain('<UserId>AROAdeployer:session</UserId>')
    expect(await ask(form)).toContain('MissingAuthenticationToken')
  })

  it('gets the error for an unknown service in the protocol of the request', async () => {
    const query = await call('POST', '/', 'Action=DescribeInstances&Version=2016-11-15', signed('ann', 'ec2'))
    expect([query.headers['content-type'], String(query.body)]).toEqual([
      'text/xml',
      expect.stringContaining('<Code>NotImplemented</Code>'),
    ])
    const json = await call('POST', '/', '{}', {
      ...signed('ann', 'kinesis'),
      'content-type': 'application/x-amz-json-1.1',
    })
    expect(JSON.parse(String(json.body))).toMatchObject({ __type: 'NotImplemented' })
  })
})
