// Where a person reads on: each kind of page, each alarm and each problem has a section of its own in the runbook.

/**
 * `docs/operate.md#no_live_release`. A test compares the anchors of that page with the codes of problems, the kinds of pages and
 * the names of the controller's alarms.
 *
 * @param anchor a problem's code, a page's kind, or the id of one of the controller's alarms
 */
export const runbookSection = (anchor: string): string => `docs/operate.md#${anchor}`
