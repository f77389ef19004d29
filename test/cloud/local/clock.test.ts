// Stepped time: what happens when, and what it waits for.
import { afterEach, describe, expect, it, vi } from 'vitest'
import { runningClock, steppedClock } from '../../../cloud/local/time/clock.ts'

describe('a stepped clock', () => {
  it('runs timers in the order of their times, and those of the same moment in the order they were set', async () => {
    const clock = steppedClock(1000)
    const ran: string[] = []
    for (const [name, atMs] of [
      ['c', 3000],
      ['a', 2000],
      ['b', 2000],
      ['past', 0],
      ['later', 4001],
    ] as const)
      clock.at(atMs, () => void ran.push(`${name} ${clock.nowMs()}`))
    await clock.advanceTo(4000)
    expect(ran).toEqual(['past 1000', 'a 2000', 'b 2000', 'c 3000'])
    expect([clock.nowMs(), clock.nextAtMs()]).toEqual([4000, 4001])
  })

  it('runs timers that timers set, at their time', async () => {
    const clock = steppedClock(0)
    const ran: number[] = []
    const again = (): void => {
      ran.push(clock.nowMs())
      if (ran.length < 3) clock.at(clock.nowMs() + 10, again)
    }
    clock.at(10, again)
    await clock.advanceTo(25)
    expect(ran).toEqual([10, 20])
  })

  it('does not run what has been cancelled', async () => {
    const clock = steppedClock(0)
    let ran = false
    clock.at(10, () => void (ran = true))()
    await clock.advanceTo(20)
    expect(ran).toBe(false)
  })

  it('stands still while work is held, and while that work starts more', async () => {
    const clock = steppedClock(0)
    const seen: string[] = []
    const work = async (depth: number): Promise<void> => {
      await new Promise((resolve) => setImmediate(resolve))
      seen.push(`work ${clock.nowMs()}`)
      if (depth > 0) void clock.hold(work(depth - 1))
    }
    clock.at(10, () => void clock.hold(work(2)))
    clock.at(11, () => void seen.push(`timer ${clock.nowMs()}`))
    await clock.advanceTo(20)
    expect(seen).toEqual(['work 10', 'work 10', 'work 10', 'timer 11'])
  })

  it('continues after held work that failed', async () => {
    const clock = steppedClock(0)
    clock.hold(Promise.reject(new Error('no'))).catch(() => undefined)
    await clock.advanceTo(5)
    expect(clock.nowMs()).toBe(5)
  })
})

describe('a running clock', () => {
  it('runs at the given rate, and fires no timer early', async () => {
    const clock = runningClock({ rate: 60_000, originMs: 0 })
    const firedMs = await new Promise<number>((resolve) => clock.at(60_000, () => resolve(clock.nowMs())))
    expect(firedMs).toBeGreaterThanOrEqual(60_000)
    clock.stop()
  })

  afterEach(() => void vi.restoreAllMocks())

  it('loses no fraction of a millisecond, however often it stands still', async () => {
    let realMs = 0
    vi.spyOn(performance, 'now').mockImplementation(() => (realMs += 0.001))
    const clock = runningClock({ rate: 60, originMs: 0 })
    const fired: number[] = []
    clock.at(50, () => void fired.push(clock.nowMs()))
    for (let turns = 0; turns < 20_000 && fired.length === 0; turns++)
      await new Promise((resolve) => setImmediate(resolve))
    expect([fired, Number.isInteger(clock.nowMs())]).toEqual([[50], true])
    clock.stop()
  })
})
