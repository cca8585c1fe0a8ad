#!/bin/sh
# `measure-fetch git`: a repository copied, and again when it has grown or was rewritten
# shellcheck disable=SC2016,SC2317 # backquotes in messages are text; functions that expect calls
. "${0%/*}/../lib.sh"
need git
need python3
fetch=$BUILD/measure-fetch

GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.org GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.org
export GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL
commit() { git -C source commit -q --allow-empty "$@"; }
id() { git -C source rev-parse "$1"; }
# same: have both the same branches and tags?
same()
{
	git -C source for-each-ref --format='%(objectname) %(refname)' >a
	git -C copy.git for-each-ref --format='%(objectname) %(refname)' >b
	cmp a b && git -C copy.git fsck --strict
}

git init -q -b trunk source
printf one >source/file
git -C source add file
commit -m one
git -C source tag v1
git -C source tag -am 'the first' signed
git -C source branch side
here=$(pwd | sed 's/ /%20/g')
url=file://$here/source

run_command "$fetch" git "$url" copy.git
expect_status 0
expect_stdout "new      refs/heads/side  $(id side)
new      refs/heads/trunk  $(id trunk)
new      refs/tags/signed  $(id signed)
new      refs/tags/v1  $(id v1)"
expect_stderr ''
expect same
expect test "$(cat copy.git/HEAD)" = 'ref: refs/heads/trunk'
run_command "$fetch" git "$url" copy.git
expect_status 0
expect_stdout 'nothing new: 4 branches and tags'
ok 'all branches and tags are copied, as they are'

was=$(id trunk)
commit -m two
git -C source tag v2
run_command "$fetch" git "$url" copy.git --json
expect_status 0
expect_json "j['same'] == 3 and [(t['name'], t['how'], t.get('was'), t['is']) for t in j['tips']] == [('refs/heads/trunk', 'forward', '$was', '$(id trunk)'), ('refs/tags/v2', 'new', None, '$(id v2)')]"
expect same
git -C source branch -q -D side
run_command "$fetch" git "$url" copy.git
expect_status 0
expect git -C copy.git rev-parse -q --verify refs/heads/side
git -C copy.git update-ref -d refs/heads/side
expect same
ok 'what is new is brought, and what is gone there stays'

was=$(id trunk) tag=$(id v2)
commit --amend -m other
git -C source tag -f v2 >/dev/null
git -C source tag v3
git -C copy.git for-each-ref >before
run_command "$fetch" git "$url" copy.git
expect_status 1
expect_stdout "moved    refs/heads/trunk  $was -> $(id trunk)
moved    refs/tags/v2  $tag -> $(id v2)
new      refs/tags/v3  $(id v3)"
expect_stderr_has "measure-fetch: error[moved]: $url: 2 of its branches and tags moved, and nothing was taken"
git -C copy.git for-each-ref >after
expect cmp before after
run_command "$fetch" git "$url" copy.git --moved
expect_status 0
expect_stdout_has "moved    refs/tags/v2  $tag -> $(id v2)"
expect same
ok 'a history that was rewritten is told, and taken only when that is said'

# ---- over a connection

if [ -x "$(git --exec-path)/git-http-backend" ]; then
	mkdir -p server/cgi-bin
	printf '#!/bin/sh\nGIT_PROJECT_ROOT=%s GIT_HTTP_EXPORT_ALL=1 exec git http-backend\n' "'$PWD'" >server/cgi-bin/git
	chmod +x server/cgi-bin/git
	cat >server.py <<-'END'
		import http.server, os, warnings
		warnings.simplefilter("ignore")
		class Handler(http.server.CGIHTTPRequestHandler):
		    have_fork = True
		    def log_message(self, *args):
		        pass
		http.server.nobody_uid = os.getuid
		os.chdir("server")
		server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
		open("port.new", "w").write(str(server.server_address[1]))
		os.rename("port.new", "port")
		server.serve_forever()
	END
	python3 server.py 2>/dev/null &
	server=$!
	trap 'kill $server; rm -rf "$lib_top"' EXIT
	while [ ! -e server/port ]; do sleep 0.05; done
	web=http://127.0.0.1:$(cat server/port)/cgi-bin/git
	rm -rf copy.git
	run_command "$fetch" git "$web/source" copy.git
	expect_status 0
	expect same
	commit -m three
	run_command "$fetch" git "$web/source" copy.git
	expect_status 0
	expect_stdout_has 'forward  refs/heads/trunk  '
	expect same
	run_command "$fetch" git "$web/none" none.git
	expect_status 5
	expect_stderr_has "measure-fetch: error[not-found]: $web/none: there are no branches and no tags"
	run_command "$fetch" git "${web%/cgi-bin/git}" none.git
	expect_status 5
	expect_stderr_has "measure-fetch: error[fetch]: ${web%/cgi-bin/git}: cannot be fetched: "
	ok 'a server of git is one'
else
	skip 'a server of git is one' 'git has no http-backend here'
fi

# ---- refused

mkdir files && printf mine >files/mine
run_command "$fetch" git "$url" files
expect_status 2
expect_stderr_has 'measure-fetch: error[usage]: files: is no repository of git'
run_command "$fetch" git "$url" source
expect_status 2
expect_stderr_has 'measure-fetch: error[usage]: source: has a work tree, which `git fetch` is for'
run_command "$fetch" git "file://$here/files" none2.git
expect_status 5
expect_stderr_has 'error[fetch]: '
run_command "$fetch" git source copy.git
expect_status 2
expect_stderr_has "URL: 'source' is no address"
run_command "$fetch" git http://me:secret@127.0.0.1:1/x none2.git
expect_status 5
expect_stderr_has 'error[fetch]: http://***@127.0.0.1:1/x: cannot be fetched: '
run_command "$fetch" git "$url"
expect_status 2
expect_stderr_has 'an address and a folder are needed, 1 are given'
run_command "$fetch" git "$url" none/in/here
expect_status 0
ok 'what is no repository is refused'

# settings have no say
printf '[url "file:///nowhere"]\n\tinsteadOf = file://\n' >"$HOME/.gitconfig"
run_command "$fetch" git "$url" copy.git
expect_status 0
expect same
rm "$HOME/.gitconfig"
head -c 3000000 /dev/urandom >source/large
git -C source add large
commit -m large
run_command sh -c 'ulimit -f 1000; trap "" XFSZ; exec "$@"' - "$fetch" git "$url" copy.git
expect_status 5
expect git -C copy.git fsck --strict
run_command "$fetch" git "$url" copy.git
expect_status 0
expect same
ok 'settings and a disk that takes no more are no harm'

# ---- servers that do not mean well

mkdir bad
python3 "$ROOT/tests/cli/gitserver.py" source bad 2>/dev/null &
bad=$!
trap 'kill $bad ${server:-} 2>/dev/null; rm -rf "$lib_top"' EXIT
while [ ! -e bad/port ]; do sleep 0.05; done
web=http://127.0.0.1:$(cat bad/port)

# refused STATUS REASON TEXT PATH ARGS...: and nothing of it is there
refused()
{
	status=$1 reason=$2 text=$3 path=$4
	shift 4
	rm -rf bad.git
	run_command "$fetch" git "$web/$path" bad.git "$@"
	expect_status "$status"
	expect_stderr_has "measure-fetch: error[$reason]: $web/$path: $text"
	expect test -z "$(git -C bad.git for-each-ref)"
}
# Whichever of them is looked for first.
refused 5 fetch 'what came is not whole: object ' lacks
expect_stderr_has ' is missing'
expect test -z "$(find bad.git/objects -type f)"
run_command "$fetch" git "$web/lacks" bad.git
expect_status 5
run_command "$fetch" git "$url" bad.git
expect_status 0
expect git -C bad.git fsck --strict
expect test "$(cat bad.git/HEAD)" = 'ref: refs/heads/trunk'
refused 5 fetch "what came is not whole: object $(id HEAD) is missing" other
refused 5 fetch "'refs/heads/a..b' is no name of a branch or tag" strange
refused 5 fetch 'it sent less than a kilobyte a second for 1 second' silent --patience 1
refused 5 fetch 'it sent less than a kilobyte a second for 1 second' stall --patience 1
rm -rf bad.git
run_command "$fetch" git "$web/twice" bad.git
expect_status 1
expect_stderr_has "error[moved]: $web/twice: 'refs/heads/main' moved meanwhile, or is named twice"
run_command "$fetch" git "$web/well" copy.git --patience 0
expect_status 2
expect_stderr_has "--patience: '0' is no number from 1 to 3600"
ok 'what is not whole is not taken, and nobody is waited for without end'

printf 'damaged' >copy.git/refs/heads/trunk
run_command "$fetch" git "$url" copy.git
expect_status 5
expect_stderr_has 'error[io]: copy.git: a reference cannot be read: '
ok 'a branch that cannot be read here is not taken for a new one'

plan done
