package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"unicode/utf8"
)

// readJSON reads one value; a number without a point or an exponent is an int64.
func readJSON(body []byte) (any, error) {
	if !utf8.Valid(body) {
		return nil, errors.New("not UTF-8")
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, errors.New("more than one value")
	}
	return readNumbers(value)
}

func readNumbers(value any) (any, error) {
	switch of := value.(type) {
	case json.Number:
		if strings.ContainsAny(of.String(), ".eE") {
			return of.Float64()
		}
		return of.Int64()
	case map[string]any:
		for key, each := range of {
			read, err := readNumbers(each)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", key, err)
			}
			of[key] = read
		}
	case []any:
		for at, each := range of {
			read, err := readNumbers(each)
			if err != nil {
				return nil, err
			}
			of[at] = read
		}
	}
	return value, nil
}

// readMsgpack reads what a tick is made of: one map of texts, numbers and nil.
func readMsgpack(body []byte) (value any, err error) {
	reader := &msgpack{body}
	defer func() {
		if problem := recover(); problem != nil {
			err = fmt.Errorf("%v", problem)
		}
	}()
	value = reader.read()
	if len(reader.left) > 0 {
		err = errors.New("bytes after the value")
	}
	return value, err
}

type msgpack struct{ left []byte }

func (m *msgpack) take(count int) []byte {
	found := m.left[:count] // beyond the end it panics, and readMsgpack says so
	m.left = m.left[count:]
	return found
}

func (m *msgpack) number(size int) uint64 {
	return binary.BigEndian.Uint64(append(make([]byte, 8-size), m.take(size)...))
}

func (m *msgpack) read() any {
	switch head := m.take(1)[0]; {
	case head < 0x80, head >= 0xe0:
		return int64(int8(head))
	case head == 0xc0:
		return nil
	case head == 0xcb:
		return math.Float64frombits(m.number(8))
	case head >= 0xcc && head <= 0xcf:
		found := m.number(1 << (head - 0xcc))
		if found > math.MaxInt64 {
			panic("beyond 63 bits")
		}
		return int64(found)
	case head >= 0xd0 && head <= 0xd3:
		size := 1 << (head - 0xd0)
		shift := 64 - 8*size
		return int64(m.number(size)<<shift) >> shift
	case head&0xe0 == 0xa0:
		return string(m.take(int(head & 0x1f)))
	case head == 0xd9:
		return string(m.take(int(m.number(1))))
	case head&0xf0 == 0x80:
		return m.readMap(int(head & 0x0f))
	case head == 0xde:
		return m.readMap(int(m.number(2)))
	default:
		panic(fmt.Sprintf("0x%02x is not in a tick", head))
	}
}

func (m *msgpack) readMap(count int) tick {
	found := tick{}
	for range count {
		key := m.read().(string)
		found[key] = m.read()
	}
	return found
}
