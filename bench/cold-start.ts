// Runs in its own process for the bench: measures the import of a bundle and its first call.
const started = performance.now()
const { handler } = (await import(process.argv[2] ?? '')) as {
  handler: (event: unknown, call: unknown) => Promise<unknown>
}
const imported = performance.now()
const event: unknown = JSON.parse(process.argv[3] ?? '{}')
await handler(event, { awsRequestId: 'bench' }).catch(() => undefined)
process.send?.({ importMs: imported - started, firstCallMs: performance.now() - imported })
process.disconnect()
