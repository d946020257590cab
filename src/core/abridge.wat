;; Copies a JSON text without most of what is in its long strings; abridged.ts calls it, and gaps.ts reads its marks.
;; It looks at 16 bytes at once, which JavaScript cannot.
;;
;; What it leaves out is only what needs no second look: printable ASCII, and the escapes that `JSON.stringify` would write
;; as well. So the copy is JSON if and only if the text is, a gap has as many characters as bytes, and written anew it
;; would be the same.
(module
  ;; In bytes: the beginning of every mark at 0, the text at 64, the copy at 1,114,112. A text has up to 1 MB, and its
  ;; copy is no longer; both are followed by room for one vector.
  (memory (export "memory") 34)
  (global $TEXT i32 (i32.const 64))
  (global $COPY i32 (i32.const 1114112))
  ;; A mark: 16 bytes of beginning, and the gap's place, its length and its escapes in five letters each.
  (global $MARK i32 (i32.const 31))
  ;; A string's first bytes are kept, for those who look at how it begins; after a character that cannot be left out
  ;; some more, or else there would be a mark for every few words.
  (global $KEPT_AT_FIRST i32 (i32.const 1024))
  (global $KEPT_AGAIN i32 (i32.const 64))

  ;; What ends a run of characters that can be left out: `"`, `\`, control characters and, being negative as signed
  ;; bytes, whatever is not ASCII.
  (func $special (param $bytes v128) (result v128)
    (v128.or
      (v128.or
        (i8x16.eq (local.get $bytes) (v128.const i64x2 0x2222222222222222 0x2222222222222222))
        (i8x16.eq (local.get $bytes) (v128.const i64x2 0x5c5c5c5c5c5c5c5c 0x5c5c5c5c5c5c5c5c)))
      (i8x16.lt_s (local.get $bytes) (v128.const i64x2 0x2020202020202020 0x2020202020202020))))

  ;; Is it what follows a backslash in an escape that can be left out? A bit for `"` below 0x40, and for each of `\`, `b`,
  ;; `f`, `n`, `r`, `t` above.
  (func $escapes (param $byte i32) (result i32)
    (i32.and
      (i32.lt_u (local.get $byte) (i32.const 0x80))
      (i32.wrap_i64 (i64.and
        (i64.shr_u
          (select (i64.const 0x0014404410000000) (i64.const 0x0000000400000000) (i32.ge_u (local.get $byte) (i32.const 0x40)))
          (i64.extend_i32_u (local.get $byte)))
        (i64.const 1)))))

  ;; A number below 2^20 in five letters from `a` to `p`, the lowest four bits first.
  (func $letters (param $at i32) (param $number i32)
    (local $left i32)
    (local.set $left (i32.const 5))
    (loop $next
      (i32.store8 (local.get $at) (i32.add (i32.const 0x61) (i32.and (local.get $number) (i32.const 15))))
      (local.set $number (i32.shr_u (local.get $number) (i32.const 4)))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (local.set $left (i32.sub (local.get $left) (i32.const 1)))
      (br_if $next (local.get $left))))

  ;; Writes the mark of a gap, or what is in the gap where that is no longer than a mark; returns where the copy goes on.
  (func $mark (param $at i32) (param $from i32) (param $to i32) (param $escaped i32) (result i32)
    (local $length i32)
    (local.set $length (i32.sub (local.get $to) (local.get $from)))
    (if (result i32) (i32.le_u (local.get $length) (global.get $MARK))
      (then
        (memory.copy (local.get $at) (local.get $from) (local.get $length))
        (i32.add (local.get $at) (local.get $length)))
      (else
        (v128.store (local.get $at) (v128.load (i32.const 0)))
        (call $letters (i32.add (local.get $at) (i32.const 16)) (i32.sub (local.get $from) (global.get $TEXT)))
        (call $letters (i32.add (local.get $at) (i32.const 21)) (local.get $length))
        (call $letters (i32.add (local.get $at) (i32.const 26)) (local.get $escaped))
        (i32.add (local.get $at) (global.get $MARK)))))

  ;; Returns the length of the copy, or 0 where there is little to leave out.
  (func (export "abridge") (param $length i32) (result i32)
    (local $at i32) (local $end i32) (local $to i32) (local $bytes v128) (local $mask i32) (local $taken i32) (local $byte i32)
    (local $inString i32) (local $keptTo i32) (local $gap i32) (local $markAt i32) (local $escaped i32) (local $stops i32)
    (local.set $at (global.get $TEXT))
    (local.set $end (i32.add (global.get $TEXT) (local.get $length)))
    (local.set $to (global.get $COPY))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $bytes (v128.load (local.get $at)))
        (local.set $mask (i8x16.bitmask
          (if (result v128) (local.get $inString)
            (then (call $special (local.get $bytes)))
            (else (i8x16.eq (local.get $bytes) (v128.const i64x2 0x2222222222222222 0x2222222222222222))))))
        (local.set $taken (i32.ctz (i32.or (local.get $mask) (i32.const 0x10000))))
        (if (i32.gt_u (local.get $taken) (i32.sub (local.get $end) (local.get $at)))
          (then (local.set $taken (i32.sub (local.get $end) (local.get $at)))))
        (if (i32.eqz (local.get $gap))
          (then
            (v128.store (local.get $to) (local.get $bytes))
            (local.set $to (i32.add (local.get $to) (local.get $taken)))))
        (local.set $at (i32.add (local.get $at) (local.get $taken)))

        (if (i32.eq (local.get $taken) (i32.const 16))
          (then
            (br_if $next (i32.eqz (local.get $inString)))
            (if (i32.eqz (local.get $gap))
              (then
                (br_if $next (i32.lt_u (local.get $at) (local.get $keptTo)))
                ;; Blank texts are kept whole, since they count as none.
                (br_if $next (i32.eqz (v128.any_true
                  (i8x16.gt_s (local.get $bytes) (v128.const i64x2 0x2020202020202020 0x2020202020202020)))))
                (local.set $gap (local.get $at))
                (local.set $markAt (local.get $to))
                (local.set $escaped (i32.const 0))))
            ;; Most of a long string is passed here.
            (loop $further
              (br_if $next (i32.gt_u (i32.add (local.get $at) (i32.const 64)) (local.get $end)))
              (br_if $next (v128.any_true (v128.or
                (v128.or (call $special (v128.load (local.get $at))) (call $special (v128.load offset=16 (local.get $at))))
                (v128.or (call $special (v128.load offset=32 (local.get $at))) (call $special (v128.load offset=48 (local.get $at)))))))
              (local.set $at (i32.add (local.get $at) (i32.const 64)))
              (br $further))))
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))

        ;; Each stop takes as long as some hundred bytes of prose. A text full of them, such as one of many short strings
        ;; or in another script, is given up before that costs much.
        (local.set $stops (i32.add (local.get $stops) (i32.const 1)))
        (if (i32.gt_u
              (i32.mul (local.get $stops) (i32.const 16))
              (i32.add (i32.sub (local.get $at) (global.get $TEXT)) (i32.const 16384)))
          (then (return (i32.const 0))))

        (local.set $byte (i32.load8_u (local.get $at)))
        (if (i32.and
              (i32.eq (local.get $byte) (i32.const 0x5c))
              (i32.lt_u (i32.add (local.get $at) (i32.const 1)) (local.get $end)))
          (then (if (call $escapes (i32.load8_u offset=1 (local.get $at)))
            (then
              (if (i32.eqz (local.get $gap))
                (then
                  (i32.store16 (local.get $to) (i32.load16_u (local.get $at)))
                  (local.set $to (i32.add (local.get $to) (i32.const 2)))))
              (local.set $at (i32.add (local.get $at) (i32.const 2)))
              (local.set $escaped (i32.add (local.get $escaped) (i32.const 1)))
              (br $next)))))
        (if (local.get $gap)
          (then
            (local.set $to (call $mark (local.get $markAt) (local.get $gap) (local.get $at) (local.get $escaped)))
            (local.set $gap (i32.const 0))))
        (i32.store8 (local.get $to) (local.get $byte))
        (local.set $to (i32.add (local.get $to) (i32.const 1)))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (if (i32.eq (local.get $byte) (i32.const 0x22))
          (then
            (local.set $inString (i32.eqz (local.get $inString)))
            (local.set $keptTo (i32.add (local.get $at) (global.get $KEPT_AT_FIRST))))
          (else (if (i32.lt_u (local.get $keptTo) (i32.add (local.get $at) (global.get $KEPT_AGAIN)))
            (then (local.set $keptTo (i32.add (local.get $at) (global.get $KEPT_AGAIN)))))))
        (br $next)))
    (if (local.get $gap)
      (then (local.set $to (call $mark (local.get $markAt) (local.get $gap) (local.get $at) (local.get $escaped)))))
    (local.set $to (i32.sub (local.get $to) (global.get $COPY)))
    (select
      (local.get $to)
      (i32.const 0)
      (i32.le_u (local.get $to) (i32.shr_u (local.get $length) (i32.const 1))))))
