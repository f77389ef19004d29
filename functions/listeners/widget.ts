// Answers the custom widgets of the CloudWatch dashboards.
import { DescribeCall } from '../../core/view/widget-call.ts'

export function widgetHandler() {
  return async (event: unknown): Promise<unknown> => {
    if (DescribeCall.safeParse(event).success) return { markdown: '' }
    return ''
  }
}
