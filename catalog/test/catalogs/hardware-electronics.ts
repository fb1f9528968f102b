import type { Shelves } from './product-templates.ts';

export const ELECTRONICS: Shelves = {
  'Cables > USB': [
    [
      'USB-C {2.0|3.2 Gen 1|3.2 Gen 2|4} {0.5 m|1 m|2 m|3 m}{| braided}',
      'Cable with two plugs of type C, {60|100|240} W.',
      590,
      3_990,
    ],
    [
      'USB-A to USB-C Cable {15cm|1m|2m|3m} {black|white|red}',
      'Charges phones and transfers data.',
      490,
      1_490,
    ],
    ['USB Extension {1|2|3|5} m {2.0|3.0}', 'Plug of type A to socket of type A.', 390, 1_790],
    ['{Mini USB|Micro USB} Cable {0.5|1|1.8} m', 'For cameras and older phones.', 390, 890],
  ],
  'Cables > Video': [
    [
      'HDMI {1.4|2.0|2.1} {0.5m|1.5m|3m|5m|7.5m} {straight|angled}',
      'Cable with gold-plated plugs, {4K at 60 Hz|8K at 60 Hz}.',
      490,
      4_990,
    ],
    ['DisplayPort {1.2|1.4|2.1} Cable {1 m|1.5 m|2 m|3 m|5 m}', 'Plug with a latch.', 690, 4_490],
    [
      '{HDMI to DVI|DisplayPort to HDMI|USB-C to HDMI|VGA to HDMI} Adapter {15 cm|1.8 m}',
      'Connects a {screen|projector} to a computer.',
      790,
      2_990,
    ],
  ],
  'Cables > Network': [
    [
      'Cat{5e|6|6A|7|8.1} Patch Cable {0.25|0.5|1|2|3|5|10|20} m, {grey|blue|red|yellow}',
      'Shielded copper cable with {straight plugs|slim plugs}.',
      190,
      3_490,
    ],
    ['Fibre Patch Cable {LC-LC|LC-SC|SC-SC} OM{3|4} {1|2|5|10} m', 'Duplex, multimode.', 790, 2_490],
    ['RJ45 {Plug|Coupler|Keystone Jack} Cat{5e|6|6A}, {10|50} pieces', 'For round cable.', 390, 6_990],
  ],
  'Cables > Audio': [
    ['Audio {Plug|Jack|Socket} {3.5 mm|6.3 mm} {mono|stereo}', 'To solder, {nickel|gold}-plated.', 90, 490],
    [
      'Jack Cable {3.5mm to 3.5mm|3.5mm to 6.3mm|6.3mm to 6.3mm} {1|2|3|5} m',
      '{For headphones and amplifiers|For guitars and keyboards}.',
      490,
      2_490,
    ],
    ['Jack Adapter {3.5 mm to 6.3 mm|6.3 mm to 3.5 mm|2.5 mm to 3.5 mm}', 'Stereo.', 190, 590],
    ['XLR Cable {1|3|5|10|15} m, {black|blue}', 'Balanced cable for microphones.', 790, 3_990],
  ],
  'Electronics > Integrated circuits': [
    [
      '{74HC00 NAND Gate|74HC04 Inverter|74HC08 AND Gate|74HC14 Schmitt Trigger|74HC32 OR Gate|74HC74 Flip-Flop|74HC138 Decoder|74HC164 Shift Register|74HC245 Bus Transceiver|74HC573 Latch|74HC595 Shift Register} {SOIC|DIP}',
      'High-speed CMOS logic, 2 V to 6 V.',
      25,
      190,
      'logic',
    ],
    [
      '{LM358N Operational Amplifier|TL072CP Operational Amplifier|NE555P Timer|LM7805 Regulator 5 V|LM7812 Regulator 12 V|LM317T Regulator|MAX232N Driver|ULN2003A Driver|PC817 Optocoupler}{|, 10 pieces}',
      'Through-hole.',
      30,
      990,
    ],
    [
      '{ATtiny85-20PU|ATmega328P-PU|ATmega2560-16AU|PIC16F84A|STM32F103C8T6|ESP32-WROOM-32E|RP2040} Microcontroller',
      'Programmable controller with flash memory.',
      190,
      1_490,
    ],
  ],
  'Electronics > Transistors and diodes': [
    [
      '{BC337-40|BC547A|BC547B|BC547C|BC557B|2N2222A|2N3904|2N3906|BD139|TIP120|IRF540N|IRLZ44N} Transistor{|, 10 pieces|, 100 pieces}',
      'Amplifies and switches; through-hole.',
      10,
      1_990,
    ],
    [
      '{1N4001|1N4004|1N4007|1N4148|1N5408|1N5819|BAT85} Diode{|, 10 pieces|, 100 pieces}',
      'Through-hole, on tape.',
      5,
      990,
    ],
    ['LED {3 mm|5 mm|10 mm} {red|green|yellow|blue|white}, {10|100} pieces', 'Clear lens.', 90, 1_490],
  ],
  'Electronics > Passive components': [
    [
      'Resistor {1|2.2|4.7|10|22|47|100|220|470} {Ohm|kOhm} 0.25 W, {10|100} pieces',
      'Metal film, 1 %.',
      50,
      390,
    ],
    [
      'Electrolytic Capacitor {1|2.2|4.7|10|22|47|100|220|470|1000} uF {16 V|25 V|50 V}',
      'Radial, {85|105} °C.',
      10,
      190,
    ],
    ['Film Capacitor {0.1|0.47|1|2.2} µF {63|250} V', 'Polyester.', 20, 190],
    ['Trimmer {1|10|50|100} kΩ', '25 turns.', 90, 190],
    ['Ceramic Capacitor {10|22|100|470} {pF|nF} 50V, 50 pieces', 'Pitch of 5 mm.', 190, 490],
    ['Potentiometer {1|10|100} kOhm {linear|logarithmic} 6 mm', 'Shaft of 6 mm.', 90, 390],
    ['Crystal {4|8|12|16|20} MHz HC-49', 'Low profile.', 40, 190],
  ],
  'Electronics > Batteries': [
    [
      '{CR1632|CR2016|CR2025|CR2032|LR44|LR41} Button Cell{|, 5-pack|, 10-pack}',
      '{Lithium|Alkaline} cell.',
      90,
      990,
    ],
    ['{AAA|AA|C|D} Batteries {4-pack|8-pack|24-pack}', 'Alkaline, 1.5 V.', 290, 1_890],
    ['{18650|21700} Cell {2600|3500|5000} mAh', 'Rechargeable, 3.6 V.', 490, 1_290],
    ['Lead Battery 12 V {1.3|2.3|7.2|9|12|18} Ah', 'Maintenance-free.', 1_290, 4_990],
  ],
  'Network > Cameras': [
    [
      'DS-2CD{1043G2-I|2043G2-I|2086G2-IU|2143G2-I|2183G2-I|2347G2-LU|2387G2-LU} {2.8 mm|4 mm}',
      '{Dome|Bullet|Turret} camera with infrared light, IP67.',
      8_900,
      27_900,
      'outdoor',
    ],
    ['Camera Bracket {DS-1272ZJ-110|DS-1280ZJ-DM21|DS-1602ZJ}', 'For walls and poles.', 1_290, 3_990],
  ],
  'Network > Switches and routers': [
    ['Wrenfield Switch {5|8|16|24|48}-Port {Gigabit|PoE+|10G}', 'Metal case, no fan.', 1_690, 59_900],
    ['Wrenfield Router {AX1800|AX3000|AX5400|BE7200}', 'Wi-Fi {6|7} with four antennas.', 4_900, 24_900],
  ],
  'Screens and input': [
    [
      '{Pallas|Orison} Monitor {24|27|32|34}" {Full HD|QHD|4K} {75|144|165} Hz',
      '{Flat|Curved} screen with an adjustable stand.',
      9_900,
      69_900,
    ],
    [
      'Pallas {Wired|Wireless} Keyboard {TKL|full size}, {UK|US|DE} layout',
      '{Mechanical keys|Flat keys}.',
      1_990,
      9_990,
    ],
    ['Pallas {Wired|Wireless} Mouse {1600|8000|26000} dpi', 'With {three|six} buttons.', 990, 7_990],
  ],
};
