/**
 * Five signatures on which implementations of Ed25519 differ ("Taming the many EdDSAs", IACR 2020/1244): by them it is
 * found out whether a browser's WebCrypto answers as the ledger format demands. The keys are nobody's.
 */
export const TRIAL = [
  { // a good one
    key: "2cf1cbf3f28b1eb2ccc6bdc356d1e11b4f0536395ce9ac6df25a827ac689ea20",
    signature:
      "9c05bb589013e236a34b4afef6e95cfbf11de326da8c9828209c84fc9f44d7519ef89408663f487911aad78a0325ee459ce3cd3200c4bdedc4317239b544240b",
    message: "6c6f7470726f6f66",
    valid: true,
  },
  { // of another message
    key: "2cf1cbf3f28b1eb2ccc6bdc356d1e11b4f0536395ce9ac6df25a827ac689ea20",
    signature:
      "9c05bb589013e236a34b4afef6e95cfbf11de326da8c9828209c84fc9f44d7519ef89408663f487911aad78a0325ee459ce3cd3200c4bdedc4317239b544240b",
    message: "6c6f7470726f6f67",
    valid: false,
  },
  { // right only if the cofactor is cleared
    key: "7b69e7ee1124c69475fac308c02e45429e45cd2d0c767d43c306827c8ab1c517",
    signature:
      "9c05bb589013e236a34b4afef6e95cfbf11de326da8c9828209c84fc9f44d751b670d82c728b1f01a99052309b542765afdef045820385085d9ae03990437a05",
    message: "6d697865642030",
    valid: false,
  },
  { // R is the neutral point
    key: "2cf1cbf3f28b1eb2ccc6bdc356d1e11b4f0536395ce9ac6df25a827ac689ea20",
    signature:
      "01000000000000000000000000000000000000000000000000000000000000001761c7892212ea4cb79dbb7e9778c71b647600de0ec3c732e2db3bf3add9750b",
    message: "6c6f7470726f6f66",
    valid: true,
  },
  { // the same, R spelled otherwise
    key: "2cf1cbf3f28b1eb2ccc6bdc356d1e11b4f0536395ce9ac6df25a827ac689ea20",
    signature:
      "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f49b1f104fccacd0b8b4625ae961b776bdb6dec89b146697bd13b5cb34e329b0e",
    message: "6c6f7470726f6f66",
    valid: false,
  },
];
