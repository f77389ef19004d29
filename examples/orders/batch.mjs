// What every version does with a batch of SQS: each message by itself, the failed ones named in the answer, and one line for
// CloudWatch (embedded metric format) that says whether any failed. By it a release tells the two versions apart: Lambda counts a
// batch with failed items as a success.

/** @param report prints the line */
export const consumer =
  (take, report = (line) => console.log(line)) =>
  async (event, context) => {
    const batchItemFailures = []
    for (const { messageId, body } of event.Records) {
      try {
        await take(JSON.parse(body), context)
      } catch (error) {
        console.warn(`order ${messageId}: ${error instanceof Error ? error.message : 'failed'}`)
        batchItemFailures.push({ itemIdentifier: messageId })
      }
    }
    report(metricsOf(batchItemFailures.length, context))
    return { batchItemFailures }
  }

/** 1 for a batch in which something failed, and not the number of messages: a batch is what goes to one version. */
const metricsOf = (failed, { functionName, functionVersion }) =>
  JSON.stringify({
    _aws: {
      Timestamp: Date.now(),
      CloudWatchMetrics: [
        {
          Namespace: 'Orders',
          Dimensions: [['FunctionName', 'Version']],
          Metrics: [{ Name: 'BatchesWithFailures', Unit: 'Count' }],
        },
      ],
    },
    FunctionName: functionName,
    Version: functionVersion,
    BatchesWithFailures: failed > 0 ? 1 : 0,
  })
