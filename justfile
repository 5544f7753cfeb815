# Short names for what is typed often. Each is plain cargo: nobody needs `just`.

# list these names
default:
    @just --list --unsorted

# start the service in embedded mode
run *args:
    cargo run -- {{ args }}

# every check and every test
test:
    cargo xtask test

# a million schedules of the simulation, or `just simulate --seed 7`
simulate *args:
    cargo xtask simulate {{ args }}

# one crate's tests: just try http
try crate *args:
    cargo test --package evently-auth-{{ crate }} {{ args }}

# format the code
fmt:
    cargo fmt --all

# what clippy has to say
lint:
    cargo clippy --workspace --all-targets -- -D warnings

# the crates' documentation, in a browser
doc:
    cargo doc --workspace --no-deps --open

# hold the crates against the dependency rule
deps:
    cargo xtask check-deps

# hold the source files against the house rules
files:
    cargo xtask check-files

# hold docs/asvs.md against the standard and the tests
asvs:
    cargo xtask check-asvs

# licences, bans and sources of what we build upon
deny:
    cargo deny check bans licenses sources

# try the parsers of outside input: just fuzz --seconds 600 json_bodies
fuzz *args:
    cargo xtask fuzz {{ args }}

# both programs, their bill of materials and checksums, in dist/: just release --twice
release *args:
    cargo xtask release {{ args }}

# write docs/openapi.json
openapi:
    cargo xtask openapi

# write the configuration table of README.md
readme:
    cargo xtask readme

# throwaway PostgreSQL, Redis, Redis Cluster and mail server
services *args:
    cargo xtask services -- {{ args }}

# minutes of use under kills and freezes: just chaos --minutes 10
chaos *args:
    cargo xtask chaos {{ args }}

# what requests cost, beside references: just bench --only me login
bench *args:
    cargo xtask bench {{ args }}

# hold deploy/ against what the service really is
deploy:
    cargo xtask check-deploy
