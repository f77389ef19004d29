// `npm run e2e:console`: `tidegate local` in its own process, and the walk through its console. `npm run e2e` does it too.
import { spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { signedFetch } from '../../../local/signed-fetch.ts'
import { checkConsole } from './console.ts'
import type { Verify } from './screens.ts'

const port = 4676
const url = `http://127.0.0.1:${port}`

async function serve() {
  const child = spawn(process.execPath, ['cli/main.ts', 'local', '--port', String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  const found = (pattern: RegExp): string => pattern.exec(said)?.[1] ?? ''
  await new Promise<void>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`tidegate local ended with ${code ?? 'a signal'}`)))
    child.stdout.on('data', (data: Buffer) => {
      said += data.toString()
      if (said.includes('aws lambda get-alias')) resolve()
    })
  })
  return {
    address: found(/(http:\S+\/\?key=\S+)/),
    credentials: found(/AWS_SHARED_CREDENTIALS_FILE=(\S+)/),
    stop: () => child.kill('SIGINT'),
  }
}

export async function walkConsole(verify: Verify, only: readonly string[] = []): Promise<void> {
  const { address, credentials, stop } = await serve()
  const { AWS_ACCESS_KEY_ID: _id, AWS_SECRET_ACCESS_KEY: _secret, AWS_SESSION_TOKEN: _token, ...others } = process.env
  const env = {
    ...others,
    AWS_ENDPOINT_URL: url,
    AWS_REGION: 'us-east-1',
    AWS_PROFILE: 'ann',
    AWS_SHARED_CREDENTIALS_FILE: credentials,
  }
  const secret = /\[ann\][^[]*aws_secret_access_key = (\S+)/.exec(readFileSync(credentials, 'utf8'))?.[1] ?? ''
  const place = { url, secretOf: () => secret }
  const send = signedFetch(place, 'ann', 'execute-api')
  const lambda = signedFetch(place, 'ann', 'lambda')
  try {
    await checkConsole(
      {
        verify,
        address,
        tidegate: (...args) => {
          const { status, stdout, stderr } = spawnSync(process.execPath, ['cli/main.ts', ...args], {
            env,
            encoding: 'utf8',
            timeout: 120_000,
          })
          return { status, stdout, all: `${stdout}${stderr}` }
        },
        moveAlias: async (FunctionVersion, AdditionalVersionWeights) => {
          const path = '/2015-03-31/functions/checkout/aliases/live'
          const body = JSON.stringify({ FunctionVersion, RoutingConfig: { AdditionalVersionWeights } })
          return (await lambda({ method: 'PUT', path, body })).status
        },
        order: async (path, body) => (await send({ method: 'POST', path, body: JSON.stringify(body) })).status,
      },
      only,
    )
  } finally {
    stop()
  }
}

if (import.meta.main) {
  const results: boolean[] = []
  await walkConsole((name, holds, detail) => {
    results.push(holds)
    console.log(`${holds ? 'ok    ' : 'FAILED'} ${name}${holds ? '' : `\n${detail}`}`)
  }, process.argv.slice(2))
  process.exitCode = results.every(Boolean) ? 0 : 1
}
