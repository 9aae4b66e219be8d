package main

import (
	"nudge/cmd/nudge/internal/dotenv"
	"nudge/cmd/nudge/internal/settings"
)

// environment returns where the process's settings come from besides its
// flags. The error says that the .env file could not be read: no reason to
// stop, since dotenv passes over such a file without a word.
func (p process) environment() (settings.Environment, error) {
	file, err := dotenv.Load(p.envFile)
	return settings.Environment{Process: p.environ, File: file}, err
}
