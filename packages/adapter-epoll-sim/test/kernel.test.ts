import { MisuseError } from "@curlew/core";
import { describe, expect, it } from "vitest";
import { Clock, EPOLL_CTL_ADD, EPOLLIN, EPOLLOUT, Kernel, Random, SyscallError } from "../src/kernel/index.js";
import { simulatedLoop } from "../src/loop/index.js";

describe("descriptors", () => {
  it("have the lowest free number, and it comes again", () => {
    const kernel = new Kernel();
    expect([...kernel.socketpair(), kernel.eventfd()]).toEqual([0, 1, 2]);
    kernel.close(1);
    kernel.close(0);
    expect(kernel.socketpair()).toEqual([0, 1]);
    expect(kernel.dup(2)).toBe(3);
    expect(kernel.open).toEqual([0, 1, 2, 3]);
  });

  it("are limited: EMFILE", () => {
    const kernel = new Kernel({ descriptorLimit: 3 });
    kernel.socketpair();
    kernel.eventfd();
    expect(() => kernel.eventfd()).toThrow(expect.objectContaining({ code: "SYSCALL_FAILED", errno: "EMFILE" }));
  });

  it("that are impossible are refused: EBADF as Linux does, and what is no integer as a mistake", () => {
    const kernel = new Kernel();
    const epfd = kernel.epollCreate1();
    for (const fd of [-1, 5, 2 ** 31]) {
      expect(() => kernel.read(fd)).toThrow(SyscallError);
      expect(() => kernel.epollCtl(epfd, EPOLL_CTL_ADD, fd, EPOLLIN)).toThrow(
        expect.objectContaining({ errno: "EBADF" }),
      );
    }
    for (const fd of [Number.NaN, 1.5, undefined, "1"])
      expect(() => kernel.close(fd as number)).toThrow(expect.objectContaining({ code: "OUT_OF_RANGE" }));
  });

  it("of a kernel that was shut down are gone", () => {
    const kernel = new Kernel();
    kernel.socketpair();
    kernel.shutDown();
    for (const call of [
      () => kernel.socketpair(),
      () => kernel.close(0),
      () => kernel.epollCreate1(),
      () => kernel.open,
    ])
      expect(call).toThrow(expect.objectContaining({ code: "HANDLE_CLOSED" }));
  });
});

describe("an epoll instance", () => {
  it("watches no other one, and not itself: EINVAL, and nothing is registered", () => {
    const kernel = new Kernel();
    const [outer, inner] = [kernel.epollCreate1(), kernel.epollCreate1()];
    for (const fd of [outer, inner])
      expect(() => kernel.epollCtl(outer, EPOLL_CTL_ADD, fd, EPOLLIN)).toThrow(
        expect.objectContaining({ errno: "EINVAL" }),
      );
    kernel.epollCtl(inner, EPOLL_CTL_ADD, kernel.socketpair()[0], EPOLLOUT);
    expect([kernel.epollWait(outer, 1), kernel.epollWait(inner, 1).length]).toEqual([[], 1]);
  });
});

describe("connecting", () => {
  it("takes time; refused and silent peers are what they are", () => {
    const kernel = new Kernel();
    kernel.network.listen("good", () => {});
    kernel.network.listen("mute", "never answers");
    const [good, refused, mute] = ["good", "nobody", "mute"].map((address) => {
      const fd = kernel.socket();
      kernel.connect(fd, address);
      expect(kernel.poll(fd)).toBe(0);
      return fd;
    }) as [number, number, number];
    kernel.clock.advanceTo(5);
    expect(kernel.poll(good)).toBe(0x4);
    expect(kernel.poll(refused) & 0x1c).toBe(0x1c); // OUT, ERR, HUP
    expect([kernel.socketError(refused), kernel.socketError(refused)]).toEqual(["ECONNREFUSED", undefined]);
    kernel.clock.advanceTo(1e9);
    expect(kernel.poll(mute)).toBe(0);
  });
});

describe("time", () => {
  it("passes only when it is told to, in order, and never back", () => {
    const clock = new Clock();
    const rang: number[] = [];
    for (const ms of [5, 1, 3, 1]) clock.after(ms, () => rang.push(ms));
    clock.after(2, () => rang.push(-1)).cancel();
    clock.advanceTo(4);
    expect([rang, clock.nextMs]).toEqual([[1, 1, 3], 5]);
    for (const wrong of [
      () => clock.advanceTo(3),
      () => clock.after(-1, () => {}),
      () => clock.after(Number.NaN, () => {}),
    ])
      expect(wrong).toThrow(MisuseError);
  });

  it("is not asked of the loop below 0", () => {
    const loop = simulatedLoop(new Kernel()).attach({ ready() {}, batchEnd() {}, expired() {}, failed() {} });
    for (const ms of [-1, Number.NaN])
      expect(() => loop.arm(ms)).toThrow(expect.objectContaining({ code: "OUT_OF_RANGE" }));
  });

  it("and chance come from seeds alone", () => {
    for (const seed of [-1, 1.5, 2 ** 32, Number.NaN]) expect(() => new Random(seed)).toThrow(MisuseError);
    const draw = (seed: number) => {
      const random = new Random(seed);
      return Array.from({ length: 8 }, () => random.below(1000));
    };
    expect(draw(3)).toEqual(draw(3));
    expect(draw(3)).not.toEqual(draw(4));
  });
});
