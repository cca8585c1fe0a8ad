#!/bin/sh
# `measure lock --feeds`: which inputs and stages can reach which register
. "${0%/*}/../lib.sh"
need busybox

XDG_CACHE_HOME=$PWD/cache
export XDG_CACHE_HOME
mkdir -p root/bin
cp "$(command -v busybox)" root/bin/busybox
tar -cf root.tar -C root .
head -c 4096 /dev/zero >kernel
echo one >greeting
cat >measure.yml <<'END'
recipe: 1
product: example.org/demo
version: "1.0"
vendor: example.org
epoch: 2026-01-01T00:00:00Z
inputs:
  base: {file: root.tar, unpack: true}
  kernel: {file: kernel}
  greeting: {file: greeting}
  unused: {file: greeting}
stages:
  app:
    root: base
    use: {root: base, greeting: greeting}
    run: busybox cp greeting root/greeting
    outputs: {root: root}
eif:
  artefact: demo.eif
  kernel: kernel
  cmdline: console=ttyS0
  rootfs: app/root
  entrypoint: [/bin/busybox]
END

run lock --feeds
expect_status 4
expect_stderr 'measure: error[unlocked]: measure.lock: there is no lock, so nothing says what is read'
ok 'without a lock nothing is said'

run lock
expect_status 0
cp measure.lock before
run lock --feeds
expect_status 0
expect_same measure.lock before
cp "$STDOUT" one
sed 's/  [0-9a-f]\{64\}$/  DIGEST/' one >names
run_command cat names
expect_stdout 'PCR0  DIGEST
  inputs base kernel greeting
  stages app
PCR1  DIGEST
  inputs kernel
  stages
PCR2  DIGEST
  inputs base greeting
  stages app'
run lock --feeds --json
expect_json '[x["register"] for x in j["feeds"]] == ["PCR0", "PCR1", "PCR2"]'
expect_json 'j["feeds"][2]["inputs"] == ["base", "greeting"] and j["feeds"][1]["stages"] == []'
expect_json '[x["sha256"] for x in j["feeds"]] == [x.split()[1] for x in open("one") if x[:3] == "PCR"]'
ok 'each register with all that can reach it'

# differ NAMES...: the registers whose line is another one than in `one`
differ()
{
	run lock
	expect_status 0
	run lock --feeds
	grep PCR "$STDOUT" | sort >two
	grep PCR one | sort | comm -13 - two | cut -c 1-4 | tr '\n' ' ' >registers
	run_command cat registers
	expect_stdout_has "$*"
	expect test "$(wc -w <registers)" -eq $#
}
echo two >greeting
differ PCR0 PCR2
ok 'an input of the application feeds PCR0 and PCR2'
echo one >greeting
sed -i 's/console=ttyS0/quiet/' measure.yml
differ PCR0 PCR1
ok 'the command line feeds PCR0 and PCR1'
sed -i 's/quiet/console=ttyS0/; s/cp greeting/cp -p greeting/' measure.yml
differ PCR0 PCR2
ok 'so does what a stage runs, where its output is used'
sed -i 's/cp -p greeting/cp greeting/; s/unused: {file: greeting}/unused: {file: kernel}/' measure.yml
run lock
run lock --feeds
expect_status 0
expect_same "$STDOUT" one
ok 'what nothing uses feeds nothing'

plan done
