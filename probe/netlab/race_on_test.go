//go:build linux && race

package netlab

const raceDetector = true
